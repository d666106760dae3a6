import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { startWorld, type World } from './world'
import { runs } from './world-processes'

const BODY = Uint8Array.of(1)

describe('unloading', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld({ config: { stop_timeout: 300 } })
  })
  afterEach(() => world.settle())
  afterAll(() => world[Symbol.asyncDispose]())

  const folders = (board: string): string[] => {
    const folder = join(world.stateFolder, 'boards', board)
    return existsSync(folder) ? readdirSync(folder) : []
  }

  it('ends the containers, deletes their files and the config file, and gives what remains', async () => {
    await world.load('echo', 'stays')
    await world.load('echo', 'goes', {}, 'all')
    const pids = await world.pids('goes')
    expect(Object.values(pids).every(runs)).toBe(true)

    const remaining = await world.cluster.unloadInference({ inferenceName: 'goes' })

    expect(remaining.map(({ suffixName }) => suffixName)).toEqual(['stays-board1'])
    expect(Object.values(pids).filter(runs)).toEqual([])
    expect([...folders('board1'), ...folders('board2')]).toEqual(['stays-board1'])
    expect(world.inferenceFiles).toEqual(['stays.json'])
    await expect(world.cluster.infer('goes', BODY)).rejects.toMatchObject({ code: 400 })
    await expect(world.cluster.infer('stays', BODY)).resolves.toMatchObject({ result: { container: 'stays-board1' } })
  })

  it('from one board keeps the other', async () => {
    await world.load('echo', 'both', {}, 'all')
    const { 'both-board2': kept } = await world.pids()

    const remaining = await world.cluster.unloadInference({ coprocessorName: 'board1' })

    expect(remaining).toMatchObject([{ suffixName: 'both-board2', hostLocation: ['board2'] }])
    expect(await world.pids()).toEqual({ 'both-board2': kept })
    await expect(world.cluster.infer('both', BODY)).resolves.toMatchObject({ result: { board: 'board2' } })
  })

  it('with both filters takes only what both select', async () => {
    await world.load('echo', 'one', {}, 'all')
    await world.load('echo', 'two', {}, 'all')

    const remaining = await world.cluster.unloadInference({ inferenceName: 'one', coprocessorName: 'board2' })

    expect(remaining.map(({ suffixName }) => suffixName).sort()).toEqual(['one-board1', 'two-board1', 'two-board2'])
  })

  it('without a filter takes everything', async () => {
    await world.load('echo', 'one', {}, 'all')
    await world.load('echo', 'two')

    expect(await world.cluster.unloadInference()).toEqual([])

    expect(world.inferenceFiles).toEqual([])
    expect(world.containerProcesses).toEqual([])
    expect((await world.metrics()).queues).toEqual([])
  })

  it('while a request is in process is 303 at once, and nothing changes', async () => {
    await world.load('gated', 'busy', {}, 'all')
    const pids = await world.pids()
    const held = world.cluster.infer('busy', BODY)
    await world.until('busy', { held: 1 })

    await expect(world.cluster.unloadInference({ inferenceName: 'busy' })).rejects.toMatchObject({
      code: 303,
      name: 'InvalidOperationError',
      message: expect.stringMatching(/busy.*drain_ms/),
    })

    expect(await world.pids()).toEqual(pids)
    world.gates.openAll()
    await held
  })

  it('with drainMs waits for what is in process and what is queued', async () => {
    await world.load('gated', 'drains')
    const requests = [1, 2, 3].map(() => world.cluster.infer('drains', BODY))
    await world.until('drains', { held: 1, waiting: 2 })

    const unloaded = world.cluster.unloadInference({ inferenceName: 'drains', drainMs: 10_000 })
    await expect(world.load('gated', 'drains')).rejects.toMatchObject({ code: 309 })
    world.gates.openAll()

    expect(await unloaded).toEqual([])
    for (const { result } of await Promise.all(requests)) expect(result).toMatchObject({ container: 'drains-board1' })
  })

  it('with drainMs is 303 when that was not enough', async () => {
    await world.load('gated', 'long')
    const held = world.cluster.infer('long', BODY)
    await world.until('long', { held: 1 })
    const startedAt = performance.now()

    await expect(world.cluster.unloadInference({ inferenceName: 'long', drainMs: 150 })).rejects.toMatchObject({
      code: 303,
      message: expect.stringContaining('still after 150 ms (drain_ms)'),
    })

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(149)
    world.gates.openAll()
    await held
  })

  it('kills a program that ignores being asked to end, after stop_timeout', async () => {
    await world.load('stubborn', 'stubborn')
    const { 'stubborn-board1': pid = 0 } = await world.pids()
    const startedAt = performance.now()

    await world.cluster.unloadInference({ inferenceName: 'stubborn' })

    expect(runs(pid)).toBe(false)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(299)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('is no loss: nobody hears of a container that went', async () => {
    const heard: unknown[] = []
    const listener = (event: unknown) => heard.push(event)
    world.cluster.on('containerDisconnected', listener)
    await world.load('echo', 'quiet', {}, 'all')

    await world.cluster.unloadInference({ inferenceName: 'quiet' })
    await eventually('its connections to go', async () => (await world.metrics()).gauges.containers_connected === 0)

    expect(heard).toEqual([])
    world.cluster.off('containerDisconnected', listener)
  })
})
