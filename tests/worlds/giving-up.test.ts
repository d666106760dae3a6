import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)
const LATE_MS = 100

describe('a request that its application gives up', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld()
  })
  afterEach(() => world.settle())
  afterAll(() => world[Symbol.asyncDispose]())

  it('by its signal while it is queued is 312 with the reason, and it is gone from the queue', async () => {
    await world.load('gated', 'queued')
    const held = world.cluster.infer('queued', BODY)
    await world.until('queued', { held: 1 })
    const abort = new AbortController()
    const given = world.cluster.infer('queued', BODY, { tag: 'given-up' }, { signal: abort.signal })
    await world.until('queued', { held: 1, waiting: 1 })
    const reason = new Error('the user has closed the window')

    abort.abort(reason)

    await expect(given).rejects.toMatchObject({
      code: 312,
      name: 'RequestAbortedError',
      cause: reason,
      message: expect.stringContaining(reason.message),
    })
    await world.until('queued', { held: 1, waiting: 0 })
    world.gates.openAll()
    await held
    await world.atRest()
    expect(world.gates.sawBeginOf('given-up')).toBe(false)
    expect(await world.counter('requests_cancelled_total')).toBe(1)
  })

  it('by its signal while it runs is 312 at once; the container hears of it and keeps its credit until it answers', async () => {
    await world.load('gated', 'running')
    const abort = new AbortController()
    const given = world.cluster.infer('running', BODY, { tag: 'run' }, { signal: abort.signal })
    await eventually('the container to begin', () => world.gates.sawBeginOf('run'))

    abort.abort('enough')

    await expect(given).rejects.toMatchObject({ code: 312, cause: 'enough' })
    await eventually('the container to hear of it', () => world.gates.sawAbortOf('run'))
    expect(await world.credits('running')).toEqual({ free: 0, inFlight: 1 })
    world.gates.openAll()
    await eventually('the credit', async () => (await world.credits('running')).free === 1)
  })

  it('before it was sent is 312, and nothing is sent', async () => {
    await world.load('gated', 'before')
    const before = await world.counter('requests_received_total')

    await expect(world.cluster.infer('before', BODY, {}, { signal: AbortSignal.abort('no') })).rejects.toMatchObject({
      code: 312,
      cause: 'no',
    })

    expect(await world.counter('requests_received_total')).toBe(before)
  })

  it('by an abort after its answer has come is no matter', async () => {
    await world.load('echo', 'done')
    const abort = new AbortController()

    const outcome = await world.cluster.infer('done', BODY, {}, { signal: abort.signal })
    abort.abort()

    expect(outcome.result).toMatchObject({ container: 'done-board1' })
  })

  it.each([
    ['while it is queued', 'waits', { held: 1, waiting: 1 }],
    ['while it runs', 'runs', { held: 1, waiting: 0 }],
  ])('by its own timeout %s is 313 on time', async (_when, name, state) => {
    await world.load('gated', name)
    const before = state.waiting > 0 ? world.cluster.infer(name, BODY) : undefined
    if (before) await world.until(name, { held: 1 })
    const startedAt = performance.now()

    const given = world.cluster.infer(name, BODY, { tag: name }, { timeout: 250 }).catch((error: unknown) => error)
    await world.until(name, state)

    expect(await given).toMatchObject({ code: 313, name: 'RequestTimeoutError', message: expect.stringContaining('250 ms') })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(249)
    expect(performance.now() - startedAt).toBeLessThan(250 + LATE_MS)
    if (!before) await eventually('the container to hear of it', () => world.gates.sawAbortOf(name))
    world.gates.openAll()
    await before
  })

  it('by the timeout of a command is 313 too', async () => {
    await expect(
      world.cluster.loadInference(world.config('silent', 'silent', { startTimeout: 600 }), 'board1', { timeout: 100 }),
    ).rejects.toMatchObject({
      code: 313,
      message: expect.stringContaining('load_inference'),
    })
    // The cluster finishes the command all the same.
    await eventually('the failed container to be removed', () => world.containerProcesses.length === 0)
  })

  it('by release() is 111, for requests and commands, and what waited is gone from the queue', async () => {
    await world.load('gated', 'released')
    const cluster = await world.connect()
    const requests = [1, 2, 3].map((n) => cluster.infer('released', BODY, { tag: `r${n}` }))
    await world.until('released', { held: 1, waiting: 2 })
    const outcomes = Promise.allSettled([...requests, cluster.unloadInference({ inferenceName: 'released', drainMs: 10_000 })])

    await cluster.release()

    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 111 } })
    expect(cluster.openRequests).toBe(0)
    await world.until('released', { held: 1, waiting: 0 })
    await eventually('the container to hear of it', () => world.gates.sawAbortOf('r1'))
    await expect(cluster.infer('released', BODY)).rejects.toMatchObject({ code: 111 })
    await expect(cluster.getContainerHandler()).rejects.toMatchObject({ code: 111 })
    // A second release is no error. The command goes on without its application.
    await cluster.release()
    world.gates.openAll()
    // Not its file, which goes a moment before: the next command would meet the end of this one.
    await eventually('the drained inference to go', async () => (await world.cluster.getContainerHandler()).length === 0)
  })

  it('because its process has gone leaves nothing behind', async () => {
    await world.load('gated', 'orphaned')
    const cluster = await world.connect()
    const requests = Promise.allSettled([1, 2].map(() => cluster.infer('orphaned', BODY)))
    await world.until('orphaned', { held: 1, waiting: 1 })
    expect((await world.metrics()).gauges.hosts_connected).toBe(2)

    await cluster.release()
    await requests
    world.gates.openAll()

    await world.atRest()
    await eventually('its session to go', async () => (await world.metrics()).gauges.hosts_connected === 1)
  })
})
