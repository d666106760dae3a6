import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AIClusterError, ContainerHandler, ManageCallback } from '@aicluster/host-sdk'
import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { ManagerProcess } from './manager-process'
import { Recorder } from './recorder'
import { startWorld } from './world'
import { runs } from './world-processes'

const BODY = Uint8Array.of(1)
/** Longer than the heartbeats need to cut every link, in ms. */
const STANDSTILL_MS = 3_000

const byName = (handlers: ContainerHandler[]) => [...handlers].sort((a, b) => (a.suffixName < b.suffixName ? -1 : 1))

describe.each(['ipc', 'tcp'] as const)('a manager that is killed and started again, over %s', (transport) => {
  it('is found again by application and containers, with what was open, and the containers are the same', async () => {
    await using world = await startWorld({ transport })
    const { cluster } = world
    await world.load('gated', 'gated', {}, 'all')
    await world.load('echo', 'echo', { maxSendNum: 4 })
    await cluster.loadInference({ name: 'loop', implementationType: 'Loop' }, 'all')
    const before = { pids: await world.pids(), epoch: (await world.metrics()).epoch }
    const handlers = byName(await cluster.getContainerHandler())
    const [lost, restored] = [new Recorder<[AIClusterError]>(), new Recorder<[AIClusterError]>()]
    const told = new Recorder<Parameters<ManageCallback>>()
    cluster.on('disconnected', lost.callback).on('connected', restored.callback)
    cluster.setCallback({ manageCallback: told.callback })
    const open = [1, 2, 3].map((n) => cluster.infer('gated', BODY, { tag: `open-${n}` }))
    await world.until('gated', { held: 2, waiting: 1 })
    await world.endManager('SIGKILL')

    expect((await lost.call())[0]).toMatchObject({ code: 112 })
    expect(cluster.isConnected).toBe(false)
    await expect(cluster.infer('echo', BODY)).rejects.toMatchObject({ code: 111 })
    await expect(cluster.getContainerHandler()).rejects.toMatchObject({ code: 111 })
    await expect(cluster.connectAICluster()).rejects.toMatchObject({ code: 110 })
    expect(Object.values(before.pids).every(runs)).toBe(true)

    await world.startManager()

    expect((await restored.call())[0]).toMatchObject({ code: 113 })
    await cluster.connectAICluster()
    world.gates.openAll()
    for (const request of open) await expect(request).resolves.toMatchObject({ result: { aborted: false } })
    await eventually('all containers to be back', async () => (await world.metrics()).gauges.containers_connected === 3)
    expect(await world.pids()).toEqual(before.pids)
    expect(byName(await cluster.getContainerHandler())).toEqual(handlers)
    expect((await world.metrics()).epoch).toBe(before.epoch + 1)
    for (const name of ['gated', 'echo', 'loop']) await cluster.infer(name, BODY)
    expect(lost.calls).toHaveLength(1)
    expect(restored.calls).toHaveLength(1)
    expect(told.calls.map(([code, , cmd]) => [code, cmd])).toEqual([
      [112, 'keepalive'],
      [113, 'keepalive'],
    ])
    await world.atRest()
  })
})

describe('a manager that is killed', () => {
  it('again and again is found again every time, by applications and containers', async () => {
    await using world = await startWorld()
    await world.load('echo', 'echo', {}, 'all')
    const pids = await world.pids()

    for (let round = 1; round <= 4; round++) {
      await world.endManager('SIGKILL')
      await world.startManager()
      await eventually(`the application, round ${round}`, () => world.cluster.isConnected)
      await eventually(`the containers, round ${round}`, async () => (await world.metrics()).gauges.containers_connected === 2)
      expect(await world.pids()).toEqual(pids)
      await expect(world.cluster.infer('echo', BODY)).resolves.toMatchObject({ result: { subInferenceName: 'echo' } })
    }
    await world.atRest()
  })

  it('gives request numbers after its restart that nobody had before', async () => {
    await using world = await startWorld()
    await world.cluster.loadInference({ name: 'loop', implementationType: 'Loop' }, 'board1')
    const before = Number((await world.cluster.infer('loop', BODY)).response.requestNo)

    await world.endManager('SIGKILL')
    await world.startManager()
    await eventually('the application', () => world.cluster.isConnected)

    expect(Number((await world.cluster.infer('loop', BODY)).response.requestNo)).toBeGreaterThan(before)
  })

  it('finds a container that died meanwhile running again, under its name', async () => {
    await using world = await startWorld()
    await world.load('echo', 'echo', {}, 'all')
    const before = await world.pids()
    await world.endManager('SIGKILL')
    process.kill(before['echo-board1'] ?? 0, 'SIGKILL')

    await world.startManager()

    await eventually('the application', () => world.cluster.isConnected)
    await eventually('both containers', async () => (await world.metrics()).gauges.containers_connected === 2)
    const after = await world.pids()
    expect(after['echo-board2']).toBe(before['echo-board2'])
    expect(after['echo-board1']).not.toBe(before['echo-board1'])
    await world.atRest()
  })

  it('restarts an adopted container that dies, and unloads another', async () => {
    await using world = await startWorld()
    await world.load('echo', 'echo', {}, 'all')
    await world.endManager('SIGKILL')
    await world.startManager()
    await eventually('the application', () => world.cluster.isConnected)
    await eventually('both containers', async () => (await world.metrics()).gauges.containers_connected === 2)
    const { 'echo-board1': first = 0, 'echo-board2': second = 0 } = await world.pids()

    process.kill(first, 'SIGKILL')
    await world.cluster.unloadInference({ coprocessorName: 'board2' })

    expect(runs(second)).toBe(false)
    await eventually('its restart', async () => {
      const [status] = await world.cluster.getContainerStatus('echo')
      return status?.connectStatus === 'connected' && status.pid !== first && status.restarts === 1
    })
    await expect(world.cluster.infer('echo', BODY)).resolves.toMatchObject({ result: { board: 'board1' } })
    await world.atRest()
  })

  it('in the middle of a load leaves nothing that its successor does not end', async () => {
    await using world = await startWorld()
    const other = await world.connect({ reconnectTimeoutMs: 700 })
    const load = other.loadInference(world.config('silent', 'halfway'), 'board1').catch((error: AIClusterError) => error.code)
    const record = join(world.stateFolder, 'boards', 'board1', 'halfway-board1', 'process.json')
    const pid = await eventually('the program', () => (JSON.parse(readFileSync(record, 'utf8')) as { pid: number }).pid)
    await world.endManager('SIGKILL')
    expect(await load).toBe(111)
    expect(runs(pid)).toBe(true)

    await world.startManager()

    expect(runs(pid)).toBe(false)
    expect(existsSync(record)).toBe(false)
  })

  it('and not started again leaves no process behind once orphanTimeoutMs is over', async () => {
    await using world = await startWorld({ orphanTimeoutMs: 400 })
    await world.load('echo', 'orphan', {}, 'all')
    const pids = Object.values(await world.pids())
    await world.endManager('SIGKILL')
    const killedAt = performance.now()
    expect(pids.every(runs)).toBe(true)

    await eventually('the containers to end', () => !pids.some(runs))

    expect(performance.now() - killedAt).toBeGreaterThanOrEqual(300)
    expect(performance.now() - killedAt).toBeLessThan(3_000)
    expect(world.containerProcesses).toEqual([])
  })

  it('while it starts leaves files behind that the next one can live with', async () => {
    await using world = await startWorld()
    await world.load('echo', 'echo')
    await world.endManager('SIGKILL')
    for (const sign of ['lock taken', 'ready']) {
      const second = ManagerProcess.spawn(world.configFile, world.stateFolder)
      const locked = () => readFileSync(join(world.stateFolder, 'lock'), 'utf8').includes(`"pid":${second.pid},`)
      await eventually(sign, () => (sign === 'ready' ? second.log.includes('"ready"') : locked()))
      second.kill('SIGKILL')
      await second.end()
    }

    await world.startManager()

    await eventually('the application', () => world.cluster.isConnected)
    await expect(world.cluster.infer('echo', BODY)).resolves.toMatchObject({ result: { container: 'echo-board1' } })
    await world.atRest()
  })

  it('in the middle of a load leaves neither a registration nor, once there is a manager, a process', async () => {
    await using world = await startWorld()
    const other = await world.connect({ reconnectTimeoutMs: 700 })
    const load = other.loadInference(world.config('echo', 'half'), 'board1').catch((error: unknown) => error)
    await eventually('its program', () => world.containerProcesses.length === 1)

    await world.endManager('SIGKILL')

    expect(await load).toMatchObject({ code: 111 })
    await world.startManager()
    await eventually('the application', () => world.cluster.isConnected)
    expect(await world.cluster.getContainerHandler()).toEqual([])
    expect(world.inferenceFiles).toEqual([])
    await eventually('the program to end', () => world.containerProcesses.length === 0)
    // The name is free.
    await world.load('echo', 'half')
    await world.atRest()
  })
})

describe('a manager that stands still for a while', () => {
  it('is noticed by the heartbeats; when it goes on everybody finds back, and what waited is answered', async () => {
    await using world = await startWorld()
    await world.load('gated', 'gated', {}, 'all')
    const pids = await world.pids()
    const lost = new Recorder<[AIClusterError]>()
    world.cluster.on('disconnected', lost.callback)
    const held = Promise.allSettled([1, 2].map(() => world.cluster.infer('gated', BODY)))
    await world.until('gated', { held: 2 })
    const waiting = world.cluster.infer('gated', BODY)
    await world.until('gated', { held: 2, waiting: 1 })
    const stoppedAt = performance.now()

    world.manager.kill('SIGSTOP')

    try {
      expect((await lost.call())[0]).toMatchObject({ code: 112 })
      expect(performance.now() - stoppedAt).toBeLessThan(4_000)
      // The containers notice it too.
      await sleep(STANDSTILL_MS)
    } finally {
      world.manager.kill('SIGCONT')
    }
    await eventually('the application', () => world.cluster.isConnected)
    // The containers had cut their links: for a manager that lives that is their end.
    for (const outcome of await held) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 402 } })
    world.gates.openAll()
    await expect(waiting).resolves.toBeDefined()
    await eventually('a request through either container', async () => {
      const outcomes = await Promise.all([1, 2, 3, 4].map(() => world.cluster.infer('gated', BODY, {}, { timeout: 5_000 })))
      return new Set(outcomes.map(({ result }) => (result as { board: string }).board)).size === 2
    })
    expect(await world.pids()).toEqual(pids)
    await world.atRest()
  })
})
