import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AICluster } from '@aicluster/host-sdk'
import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { startWorld, type World } from './world'
import { runs } from './world-processes'

const BODY = Uint8Array.of(1)

/** A world in whose container one request runs and in whose queue another waits. */
async function worldAtWork(config: Record<string, unknown> = {}) {
  const world = await startWorld({ config })
  await world.load('gated', 'work', {}, 'board1')
  const held = world.cluster.infer('work', BODY)
  await world.until('work', { held: 1 })
  const waiting = world.cluster.infer('work', BODY)
  await world.until('work', { held: 1, waiting: 1 })
  const { 'work-board1': pid = 0 } = await world.pids()
  // What the test expects of them is said where it awaits them.
  for (const request of [held, waiting]) request.catch(() => {})
  return { world, held, waiting, pid }
}

const untilDraining = (world: World) => eventually('the drain to begin', async () => (await world.metrics()).gauges.draining === 1)

describe('a manager that is told to end', () => {
  it('by SIGTERM finishes what it has, refuses what is new with 111, and leaves its containers', async () => {
    const { world, held, waiting, pid } = await worldAtWork()
    await using _world = world

    world.manager.kill('SIGTERM')
    await untilDraining(world)
    await expect(world.cluster.infer('work', BODY)).rejects.toMatchObject({ code: 111, message: expect.stringContaining('shutting down') })
    await expect(AICluster.connect({ stateFolder: world.stateFolder })).rejects.toMatchObject({
      code: 110,
      message: expect.stringContaining('shutting down'),
    })
    world.gates.openAll()

    for (const request of [held, waiting]) await expect(request).resolves.toMatchObject({ result: { container: 'work-board1' } })
    expect(await world.manager.end()).toMatchObject({ code: 0, signal: null })
    expect(runs(pid)).toBe(true)
    expect(existsSync(join(world.stateFolder, 'lock'))).toBe(false)
    expect(existsSync(join(world.stateFolder, 'manager.json'))).toBe(false)
    // The next one takes them over.
    await world.startManager()
    await eventually('the application', () => world.cluster.isConnected)
    await eventually('the container', async () => (await world.metrics()).gauges.containers_connected === 1)
    expect(await world.pids()).toEqual({ 'work-board1': pid })
    await world.atRest()
  })

  it('by SIGINT finishes what it has and stops its containers, which run again after its next start', async () => {
    const { world, held, waiting, pid } = await worldAtWork()
    await using _world = world

    world.manager.kill('SIGINT')
    await untilDraining(world)
    world.gates.openAll()

    for (const request of [held, waiting]) await expect(request).resolves.toMatchObject({ result: { container: 'work-board1' } })
    expect(await world.manager.end()).toMatchObject({ code: 0, signal: null })
    expect(runs(pid)).toBe(false)
    expect(world.containerProcesses).toEqual([])
    await world.startManager()
    await eventually('the application', () => world.cluster.isConnected)
    await expect(world.cluster.infer('work', BODY)).resolves.toMatchObject({ result: { container: 'work-board1' } })
    await world.atRest()
  })

  it('by a second signal ends at once; what was open ends with 111', async () => {
    const { world, held, waiting, pid } = await worldAtWork()
    await using _world = world
    world.manager.kill('SIGINT')
    await untilDraining(world)
    const secondAt = performance.now()

    world.manager.kill('SIGINT')

    for (const request of [held, waiting])
      await expect(request).rejects.toMatchObject({ code: expect.toSatisfy((code) => [111, 402].includes(code)) })
    expect(await world.manager.end()).toMatchObject({ code: 0 })
    expect(performance.now() - secondAt).toBeLessThan(2_000)
    expect(runs(pid)).toBe(false)
  })

  it('ends after drain_timeout though a request still runs', async () => {
    const { world, held } = await worldAtWork({ drain_timeout: 300 })
    await using _world = world
    const startedAt = performance.now()

    const { code, stderr } = await world.endManager('SIGINT')

    expect(code).toBe(0)
    expect(stderr).toContain('the drain was cut short')
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(299)
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    await expect(held).rejects.toMatchObject({ code: expect.toSatisfy((value) => [111, 402].includes(value)) })
  })

  it.each([true, false])('by the command shutdown answers it first; with stopContainers %o', async (stopContainers) => {
    await using world = await startWorld()
    await world.load('echo', 'echo', {}, 'all')
    const pids = Object.values(await world.pids())

    await world.cluster.shutdown({ stopContainers })

    expect(await world.manager.end()).toMatchObject({ code: 0, signal: null })
    expect(pids.map(runs)).toEqual([!stopContainers, !stopContainers])
    await eventually('the application to notice', () => !world.cluster.isConnected)
  })

  it('by the end of the process that has started it stops everything', async () => {
    await using world = await startWorld()
    await world.load('echo', 'echo', {}, 'all')
    const pids = Object.values(await world.pids())

    world.manager.forget()

    expect(await world.manager.end()).toMatchObject({ code: 0, signal: null })
    expect(pids.filter(runs)).toEqual([])
  })

  it('leaves no socket folder behind', async () => {
    await using world = await startWorld()
    expect(existsSync(join(world.stateFolder, 'run'))).toBe(true)

    await world.endManager('SIGINT')

    expect(existsSync(join(world.stateFolder, 'run'))).toBe(false)
  })
})
