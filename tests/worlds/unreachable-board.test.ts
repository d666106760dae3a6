import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM } from '../cli/aicluster'
import { eventually } from './eventually'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)
/** In so many ms a command hears that a board is down. */
const LIMIT_MS = 4_000
/** A manager starts in a second; the rest is for a busy machine. */
const START_MS = 15_000

const folder = mkdtempSync(join(tmpdir(), 'aicu-'))
const password_file = join(folder, 'password')
writeFileSync(password_file, 'secret\n', { mode: 0o600 })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A port of this machine on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

const worldWithDeadBoard = async (): Promise<World> => {
  const ports = { inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }
  const dead = { driver: 'ssh', address: '127.0.0.1', port: await closedPort(), user: 'nobody', password_file }
  return startWorld({
    config: {
      boards: [
        { name: 'board1', processes: true },
        { name: 'board2', processes: true },
        { name: 'dead', ...dead },
      ],
      listen: { transport: 'tcp', host: '0.0.0.0', insecure: true, ...ports },
      file_roots: ['/'],
    },
  })
}

const boardOf = async (world: World, name: string) => (await world.cluster.getCoprocessorHandler()).find((board) => board.name === name)

/** What became of it, and how long that took. */
async function refusal(work: Promise<unknown>): Promise<{ code: number; message: string }> {
  const startedAt = performance.now()
  const error = (await work.then(
    () => ({ code: 0, message: '' }),
    (reason) => reason,
  )) as { code: number; message: string }
  expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS)
  return error
}

describe('a board that cannot be reached', () => {
  let world: World

  beforeAll(async () => {
    world = await worldWithDeadBoard()
    await world.load('echo', 'other')
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('is shown as down with the reason, while the others work', async () => {
    await eventually('the reason', async () => (await boardOf(world, 'dead'))?.reason?.includes('ECONNREFUSED') === true)

    expect(await boardOf(world, 'dead')).toMatchObject({
      driver: 'ssh',
      ip: '127.0.0.1',
      state: 'down',
      engineVersion: null,
      telemetry: null,
    })
    expect(await boardOf(world, 'board1')).toMatchObject({ driver: 'local', state: 'up', reason: null })
    const telemetry = await eventually('what this machine tells', async () => (await boardOf(world, 'board1'))?.telemetry)
    expect(telemetry).toMatchObject({ cpus: expect.any(Number), memoryTotalBytes: expect.any(Number), diskFreeBytes: expect.any(Number) })
    const { adminUrl } = await world.metrics()
    const text = await (await fetch(`${adminUrl}/metrics`)).text()
    expect(text).toContain('aicluster_board_up{board="dead",driver="ssh"} 0')
    expect(text).toContain('aicluster_board_up{board="board1",driver="local"} 1')
    expect(text).toMatch(/^aicluster_board_load1\{board="board1"\} [\d.]+$/m)
    expect(text).not.toMatch(/^aicluster_board_load1\{board="dead"\}/m)
    await expect(world.cluster.infer('other', BODY)).resolves.toBeDefined()
  })

  it('refuses what needs it with 500 at once, and nothing changes', async () => {
    const files = [...world.inferenceFiles]
    const pids = await world.pids()
    const docker = { name: 'image', implementationType: 'docker' as const, imageTag: 'busybox:1' }

    for (const work of [
      () => world.cluster.loadInference(docker, 'dead'),
      () => world.load('echo', 'everywhere', {}, 'all'),
      () => world.cluster.getCoprocessorImages(),
    ]) {
      expect(await refusal(work())).toMatchObject({ code: 500, message: expect.stringMatching(/board "dead".*ECONNREFUSED/) })
    }

    expect(world.inferenceFiles).toEqual(files)
    expect(await world.pids()).toEqual(pids)
    await world.atRest()
  })

  it('or that the network reaches, and that does not say processes: true, starts no plain process: 302', async () => {
    await world.cluster.addBoard({ name: 'bare', driver: 'local' }, { write: false })
    const refused = {
      code: 302,
      message: expect.stringMatching(/board bare starts no plain processes \(the manager listens beyond loopback\): say processes: true/),
    }
    await expect(world.load('echo', 'mine', {}, 'bare')).rejects.toMatchObject(refused)
    expect(world.inferenceFiles).toEqual(['other.json'])
    await world.cluster.removeBoard('bare')
  })
})

describe('a container on a board that cannot be reached', () => {
  it('stays registered, connects and works, and commands that need the board are 500 and change nothing', async () => {
    await using world = await worldWithDeadBoard()
    await world.load('echo', 'far')
    await world.load('echo', 'near')
    const file = join(world.stateFolder, 'inferences', 'far.json')
    const moveTo = async (from: string, to: string) => {
      await world.endManager('SIGTERM')
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`"${from}"`, `"${to}"`))
      const startedAt = performance.now()
      await world.startManager()
      const tookMs = performance.now() - startedAt
      await eventually('the application', () => world.cluster.isConnected)
      return tookMs
    }
    const { 'far-board1': pid } = await world.pids()

    // It runs on, but on a board of which the manager hears nothing.
    const startMs = await moveTo('board1', 'dead')

    // It waits for no board: that would be until the board is there.
    expect(startMs).toBeLessThan(START_MS)
    await expect(world.cluster.infer('far', BODY)).resolves.toBeDefined()
    const registered = readFileSync(file, 'utf8')
    expect(await world.cluster.getContainerStatus()).toMatchObject([
      { suffixName: 'far-board1', status: 'unreachable', connectStatus: 'connected', cpuProc: undefined, memUsage: undefined },
      { suffixName: 'near-board1', status: 'running', connectStatus: 'connected' },
    ])
    const [handler] = await world.cluster.getContainerHandler('far')
    const commands = [
      () => world.cluster.getContainerStatus('far'),
      () => world.cluster.unloadInference({ inferenceName: 'far' }),
      () => world.cluster.unloadInference(),
      () => world.cluster.reloadInference('far'),
      () => world.load('echo', 'far', { forceUpdate: true }),
      () => handler?.stop(),
      () => world.cluster.putFile('far', { other: world.configFile }),
    ]
    for (const command of commands) {
      expect(await refusal(Promise.resolve(command())), command.toString()).toMatchObject({
        code: 500,
        message: expect.stringContaining('board "dead"'),
      })
    }
    expect(readFileSync(file, 'utf8')).toBe(registered)
    // Of whom nobody can be asked is shown all the same, with the reason beside it. It rejects unless the exit code is 0.
    const env = { ...process.env, AICLUSTER_STATE: world.stateFolder }
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM, 'ps', 'far'], { env })
    expect(stdout).toMatch(/^far-board1 +far +dead +unreachable +connected +Free /m)
    expect(stderr).toMatch(/^board dead is down since 20.*: .*ECONNREFUSED/m)
    await expect(world.cluster.infer('far', BODY)).resolves.toBeDefined()
    await handler?.stopDistribution()
    await handler?.startDistribution()
    expect(await world.cluster.unloadInference({ inferenceName: 'near' })).toMatchObject([{ name: 'far' }])

    // The board is back: what runs is taken over, not started anew.
    await moveTo('dead', 'board1')

    expect(await world.pids()).toEqual({ 'far-board1': pid })
    await expect(world.cluster.infer('far', BODY)).resolves.toBeDefined()
    await world.atRest()
  })
})

/** 0: it was answered. */
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 0,
    (error) => error.code,
  )

describe('a board that will not come back', () => {
  it('by force: its containers are forgotten, their requests end by the rules, and what still runs is swept away later', async () => {
    await using world = await worldWithDeadBoard()
    await world.load('gated', 'far', {}, 'board2')
    await world.load('gated', 'both', { redeliver: true }, ['board1', 'board2'])
    await world.endManager('SIGKILL')
    for (const name of world.inferenceFiles) {
      const file = join(world.stateFolder, 'inferences', name)
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"board2"', '"dead"'))
    }
    await world.startManager()
    await eventually('the application', () => world.cluster.isConnected)
    const far = [world.cluster.infer('far', BODY), world.cluster.infer('far', BODY)].map(codeOf)
    const both = [world.cluster.infer('both', BODY), world.cluster.infer('both', BODY)]
    await world.until('far', { held: 1, waiting: 1 })
    await world.until('both', { held: 2 })
    const handlers = await world.cluster.getContainerHandler()

    // What can be reached is not given up by force.
    const busy = world.cluster.unloadInference({ inferenceName: 'both', force: true })
    expect(await refusal(busy)).toMatchObject({ code: 303, message: expect.stringContaining('both') })
    expect(await world.cluster.getContainerHandler()).toEqual(handlers)
    await world.until('both', { held: 2 })

    const remaining = await world.cluster.unloadInference({ inferenceName: 'far', force: true })

    expect(remaining.map(({ suffixName }) => suffixName)).toEqual(['both-board1', 'both-board2'])
    const forgotten = { coprocessorName: 'dead', reason: expect.stringContaining('ECONNREFUSED') }
    expect(remaining.forgotten).toEqual([{ ...forgotten, suffixName: 'far-board2' }])
    expect((await Promise.all(far)).sort()).toEqual([400, 402])
    expect(await refusal(world.cluster.removeBoard('dead'))).toMatchObject({ code: 303, message: expect.stringContaining('or say force') })

    const removed = await world.cluster.removeBoard('dead', { force: true })

    expect(removed).toEqual({ forgotten: [{ ...forgotten, suffixName: 'both-board2' }] })
    expect(await boardOf(world, 'dead')).toBeUndefined()
    expect(readFileSync(world.configFile, 'utf8')).not.toContain('"dead"')
    await world.until('both', { held: 1, waiting: 1 })
    world.gates.openAll()
    for (const { result } of await Promise.all(both)) expect(result).toMatchObject({ container: 'both-board1' })
    expect((await world.metrics()).gauges.containers_connected).toBe(1)
    await world.atRest()

    // Their machine is a board of this cluster again.
    await world.endManager('SIGTERM')
    await world.startManager()

    expect(world.containerProcesses).toHaveLength(1)
    expect(readdirSync(join(world.stateFolder, 'boards', 'board2'))).toEqual([])
  })
})
