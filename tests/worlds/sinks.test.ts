import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)
const SINK = { input: 'Main', output: null } as const
const TAKEN = { result: null, response: { inferenceName: 'sink' } }

describe('a sink', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld()
  })
  afterEach(() => world.settle())
  afterAll(() => world[Symbol.asyncDispose]())

  it('has taken a request when its program has it, and gives the credit back when it is done', async () => {
    await world.load('gated', 'sink', SINK)
    const first = await world.cluster.infer('sink', BODY, { tag: 'first' })
    const second = world.cluster.infer('sink', BODY, { tag: 'second' })
    await world.until('sink', { held: 1, waiting: 1 })

    expect(first).toMatchObject(TAKEN)
    expect(world.gates.sawBeginOf('first')).toBe(true)
    expect(await world.credits('sink')).toEqual({ free: 0, inFlight: 1 })
    expect(world.gates.sawBeginOf('second')).toBe(false)
    world.gates.open('open')

    expect(await second).toMatchObject(TAKEN)
    await eventually('both to end', () => world.gates.sawEndOf('first') && world.gates.sawEndOf('second'))
    await world.atRest()
    expect(await world.counter('late_responses_total')).toBe(0)
  })

  it('that throws has taken it all the same, and takes the next one', async () => {
    await world.load('throws', 'sink', SINK)

    for (let i = 0; i < 3; i++) expect(await world.cluster.infer('sink', BODY)).toMatchObject(TAKEN)
  })

  it('that takes several at once shares its credits as ever', async () => {
    await world.load('gated', 'sink', { ...SINK, maxSendNum: 2 })
    const taken = [1, 2].map((n) => world.cluster.infer('sink', BODY, { tag: `n${n}` }))
    const waiting = world.cluster.infer('sink', BODY, { tag: 'n3' })
    await Promise.all(taken)

    await world.until('sink', { held: 2, waiting: 1 })
    world.gates.open('open')
    expect(await waiting).toMatchObject(TAKEN)
  })

  it('of type Loop takes whatever it is sent', async () => {
    await world.cluster.loadInference({ name: 'sink', implementationType: 'Loop', ...SINK }, 'board1')

    expect(await world.cluster.infer('sink', BODY)).toMatchObject(TAKEN)
  })

  it('whose container dies after it has taken has one outcome, and nothing is run again', async () => {
    await world.load('gated', 'sink', { ...SINK, redeliver: true })
    await world.cluster.infer('sink', BODY, { tag: 'first' })
    const waiting = world.cluster.infer('sink', BODY, { tag: 'second' })
    await world.until('sink', { held: 1, waiting: 1 })
    const handedOut = await world.counter('requests_handed_out_total')

    process.kill((await world.pids('sink'))['sink-board1'] ?? 0, 'SIGKILL')

    expect(await waiting).toMatchObject(TAKEN)
    expect(await world.counter('requests_handed_out_total')).toBe(handedOut + 1)
    expect(world.gates.sawEndOf('first')).toBe(false)
  })

  it('whose container dies before it has taken is 402', async () => {
    // It takes one at a time: the second is in its hands, and its program has not got it.
    await world.load('batcher', 'sink', { ...SINK, maxSendNum: 2, env: { TEST_MAX: '1', TEST_COST_MS: '60000' } })
    await world.cluster.infer('sink', BODY)
    const second = world.cluster.infer('sink', BODY)
    await world.until('sink', { held: 2 })

    process.kill((await world.pids('sink'))['sink-board1'] ?? 0, 'SIGKILL')

    await expect(second).rejects.toMatchObject({ code: 402 })
  })

  it('lets go of a request that is aborted before it is taken', async () => {
    await world.load('gated', 'sink', SINK)
    await world.cluster.infer('sink', BODY)
    const controller = new AbortController()
    const aborted = world.cluster.infer('sink', BODY, undefined, { signal: controller.signal })
    await world.until('sink', { held: 1, waiting: 1 })

    controller.abort()

    await expect(aborted).rejects.toMatchObject({ code: 312 })
  })
})

describe('what a sink has taken', () => {
  it('runs on to its end when the manager is killed and started again, and its credit with it', async () => {
    await using world = await startWorld()
    await world.load('gated', 'sink', SINK)
    await world.cluster.infer('sink', BODY, { tag: 'first' })

    await world.endManager('SIGKILL')
    await world.startManager()
    await eventually('the container to be back with it', async () => {
      const { credits } = await world.metrics()
      return credits.some(({ connected, inFlight }) => connected && inFlight === 1)
    })
    world.gates.open('open')

    await eventually('its end', () => world.gates.sawEndOf('first'))
    expect(world.gates.sawAbortOf('first')).toBe(false)
    await world.atRest()
  })

  it('has its outcome from the next manager if the one before died with it', async () => {
    await using world = await startWorld()
    await world.load('batcher', 'sink', { ...SINK, maxSendNum: 2, env: { TEST_MAX: '1', TEST_COST_MS: '700' } })
    await world.cluster.infer('sink', BODY, { tag: 'first' })
    const second = world.cluster.infer('sink', BODY, { tag: 'second' })
    await world.until('sink', { held: 2 })

    // It does not hear that the second one is taken too.
    world.manager.kill('SIGSTOP')
    await eventually('the program to have it', () => world.gates.sawBeginOf('second'))
    await world.endManager('SIGKILL')
    await world.startManager()

    expect(await second).toMatchObject(TAKEN)
    await world.atRest()
  })
})

it('an inference with neither input nor output only runs: 403 for a request, 302 for a subscription', async () => {
  await using world = await startWorld()
  await world.load('echo', 'hermit', { input: null, output: null })

  await expect(world.cluster.infer('hermit', BODY)).rejects.toMatchObject({ code: 403 })
  await expect(world.cluster.subscribe('hermit')).rejects.toMatchObject({ code: 302 })
  expect(await world.cluster.getContainerStatus('hermit')).toMatchObject([
    { connectStatus: 'connected', input: undefined, output: undefined },
  ])
})
