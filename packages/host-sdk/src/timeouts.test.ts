import { clusterError, RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { ending, FakeWorld } from '../test/fake-world'

const BODY = Uint8Array.of(1)

/** When the promise has settled, in ms from now. */
async function settledAfterMs(promise: Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await promise
  return performance.now() - startedAt
}

describe("a request's own timeout", () => {
  it("is the cluster's word while there is a connection", async () => {
    await using world = await FakeWorld.start()
    const outcome = world.cluster.infer('digits', BODY, {}, { timeout: 60 })
    await eventually('it', () => world.manager.requests.length === 1)
    setTimeout(
      () => world.manager.refuseRequest(world.manager.requests[0] as number, clusterError('requestTimeout', { detail: 'its word' })),
      70,
    )
    await expect(outcome).rejects.toMatchObject({ code: 313, message: expect.stringContaining('its word') })
  })

  it("is the SDK's a moment later when the cluster says nothing, which then hears that nobody waits any more", async () => {
    await using world = await FakeWorld.start()
    const outcome = world.cluster.infer('digits', BODY, {}, { timeout: 100 })

    const tookMs = await settledAfterMs(expect(outcome).rejects.toMatchObject({ code: 313, message: expect.stringContaining('100 ms') }))

    expect(tookMs).toBeGreaterThanOrEqual(195)
    expect(tookMs).toBeLessThan(300)
    await eventually('the cancel', () => world.manager.arrivedOf(RecordKind.cancel).length === 1)
    expect(world.manager.arrivedOf(RecordKind.cancel)[0]?.request).toBe(world.manager.requests[0])
  })

  it('fires on time while the connection is lost, and the request is not asked for again', async () => {
    await using world = await FakeWorld.start()
    const outcome = world.cluster.infer('digits', BODY, {}, { timeout: 400 })
    const calledAt = performance.now()
    await eventually('it', () => world.manager.requests.length === 1)
    await world.cut()

    await expect(outcome).rejects.toMatchObject({ code: 313, message: expect.stringMatching(/400 ms .*connection/) })

    expect(performance.now() - calledAt).toBeGreaterThanOrEqual(400)
    expect(performance.now() - calledAt).toBeLessThan(480)
    await world.comeBack()
    await eventually('the list', () => world.manager.lists('inference').length === 2)
    expect(world.manager.lists('inference').at(-1)).toEqual([])
  })
})

describe("a request's signal", () => {
  it('while the connection is lost ends it with 312 at once, and it is not asked for again', async () => {
    await using world = await FakeWorld.start()
    const giveUp = new AbortController()
    const aborted = world.cluster.infer('digits', BODY, {}, { signal: giveUp.signal })
    await eventually('it', () => world.manager.requests.length === 1)
    const { outcomes, numbers } = await world.openRequests(1)
    await world.cut()

    giveUp.abort(new Error('enough'))

    await expect(aborted).rejects.toMatchObject({ code: 312, message: expect.stringContaining('enough') })
    await world.comeBack()
    await eventually('the list', () => world.manager.lists('inference').length === 2)
    expect(world.manager.lists('inference').at(-1)).toEqual([numbers.at(-1)])
    world.manager.answer(numbers.at(-1) as number, 'the other')
    expect(await Promise.all(outcomes)).toEqual(['the other'])
  })

  it('tells the cluster while there is a connection', async () => {
    await using world = await FakeWorld.start()
    const giveUp = new AbortController()
    const aborted = ending(world.cluster.infer('digits', BODY, {}, { signal: giveUp.signal }))
    await eventually('it', () => world.manager.requests.length === 1)
    giveUp.abort()
    expect(await aborted).toBe(312)
    await eventually('the cancel', () => world.manager.arrivedOf(RecordKind.cancel)[0]?.request === world.manager.requests[0])
    expect(world.cluster.openRequests).toBe(0)
  })
})
