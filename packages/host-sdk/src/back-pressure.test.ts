import { eventually } from '@aicluster/testing'
import { describe, expect, it, vi } from 'vitest'
import { type Ending, ending, FakeWorld } from '../test/fake-world'

const BODY = Uint8Array.of(1)
const MIB = 1024 * 1024

/** Start so many requests; returns how they end, and waits until the manager has those that there is room for. */
async function start(world: FakeWorld, count: number, arriving: number): Promise<Promise<Ending>[]> {
  const outcomes = Array.from({ length: count }, (_, i) => ending(world.cluster.infer('digits', Uint8Array.of(i))))
  await eventually('those with room', () => world.manager.requests.length === arriving)
  return outcomes
}

const answerNext = (world: FakeWorld, answered: number): void => {
  const number = world.manager.requests[answered] as number
  world.manager.answer(number, `answer ${answered}`)
}

/** Whether a promise has settled once everything that is on its way has come. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const settle = () => {
    settled = true
  }
  promise.then(settle, settle)
  await new Promise((resolve) => setTimeout(resolve, 30))
  return settled
}

describe('more requests than maxPending', () => {
  it('wait for room and go first come first served, each as one before it ends', async () => {
    await using world = await FakeWorld.start({ maxPending: 2 })
    const outcomes = await start(world, 5, 2)
    expect([world.cluster.openRequests, world.cluster.waitingRequests]).toEqual([2, 3])

    for (let i = 0; i < 5; i++) {
      await eventually('the next', () => world.manager.requests.length === Math.min(5, i + 2))
      answerNext(world, i)
    }

    expect(await Promise.all(outcomes)).toEqual([0, 1, 2, 3, 4].map((i) => `answer ${i}`))
    expect(world.manager.bodies).toEqual([0, 1, 2, 3, 4].map((i) => Buffer.of(i)))
    expect([world.cluster.openRequests, world.cluster.waitingRequests]).toEqual([0, 0])
  })

  it('are refused with 305, naming limit and values, where the call cannot wait', async () => {
    await using world = await FakeWorld.start({ maxPending: 2, maxPendingBytes: 5 * MIB })
    const open = await start(world, 2, 2)

    expect(() => world.cluster.inferAsync('digits', BODY, {}, vi.fn())).toThrow(
      expect.objectContaining({
        code: 305,
        message: expect.stringMatching(/2 requests .*maxPending is 2.*maxPendingBytes is 5242880/),
        details: expect.objectContaining({ openRequests: 2, waitingRequests: 0, maxPending: 2, maxPendingBytes: 5 * MIB }),
      }),
    )
    for (const answered of [0, 1]) answerNext(world, answered)
    expect(await Promise.all(open)).toEqual(['answer 0', 'answer 1'])
  })

  it('are refused with 305 also where there is room, while others wait for it', async () => {
    await using world = await FakeWorld.start({ maxPendingBytes: 3 * MIB })
    world.cluster.inferAsync('digits', Buffer.alloc(2 * MIB), {}, vi.fn())
    const large = ending(world.cluster.infer('digits', Buffer.alloc(2 * MIB)))

    expect(() => world.cluster.inferAsync('digits', BODY, {}, vi.fn())).toThrow(expect.objectContaining({ code: 305 }))

    await eventually('the first', () => world.manager.requests.length === 1)
    answerNext(world, 0)
    await eventually('the second', () => world.manager.requests.length === 2)
    answerNext(world, 1)
    expect(await large).toBe('answer 1')
  })

  it('are bounded by their bytes too; one that is larger than all of them goes alone', async () => {
    await using world = await FakeWorld.start({ maxPendingBytes: MIB })
    const [large, small] = [ending(world.cluster.infer('digits', Buffer.alloc(2 * MIB))), ending(world.cluster.infer('digits', BODY))]
    await eventually('the large one', () => world.manager.requests.length === 1)
    expect([world.cluster.openRequests, world.cluster.waitingRequests]).toEqual([1, 1])

    answerNext(world, 0)

    await eventually('the small one', () => world.manager.requests.length === 2)
    answerNext(world, 1)
    expect(await Promise.all([large, small])).toEqual(['answer 0', 'answer 1'])
  })

  it('wait with the data that the call had, up to 64 KB', async () => {
    await using world = await FakeWorld.start({ maxPending: 1 })
    const buffer = Buffer.from('first')
    const outcomes = [ending(world.cluster.infer('digits', buffer))]
    buffer.write('again')
    outcomes.push(ending(world.cluster.infer('digits', buffer)))
    buffer.write('later')
    await eventually('the first', () => world.manager.requests.length === 1)
    answerNext(world, 0)
    await eventually('the second', () => world.manager.requests.length === 2)
    answerNext(world, 1)
    await Promise.all(outcomes)
    expect(world.manager.bodies.map(String)).toEqual(['first', 'again'])
  })

  it('end while they wait: by timeout with 313, by signal with 312, and never reach the manager', async () => {
    await using world = await FakeWorld.start({ maxPending: 1 })
    const open = (await start(world, 1, 1)) as [Promise<Ending>]
    const giveUp = new AbortController()
    const startedAt = performance.now()
    const late = world.cluster.infer('digits', BODY, {}, { timeout: 60 })
    const aborted = world.cluster.infer('digits', BODY, {}, { signal: giveUp.signal })

    giveUp.abort(new Error('enough'))

    await expect(aborted).rejects.toMatchObject({ code: 312, requestNo: undefined, message: expect.stringContaining('enough') })
    await expect(late).rejects.toMatchObject({
      code: 313,
      message: expect.stringMatching(/60 ms passed while the request waited for room/),
    })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(60)
    expect(performance.now() - startedAt).toBeLessThan(150)
    answerNext(world, 0)
    expect(await open[0]).toBe('answer 0')
    expect(world.manager.requests).toHaveLength(1)
    expect(world.cluster.waitingRequests).toBe(0)
  })

  it('say to the cluster what remains of their timeout when they go', async () => {
    await using world = await FakeWorld.start({ maxPending: 1 })
    const [first] = await start(world, 1, 1)
    const second = ending(world.cluster.infer('digits', BODY, {}, { timeout: 5_000 }))
    await new Promise((resolve) => setTimeout(resolve, 100))
    answerNext(world, 0)
    await eventually('it', () => world.manager.requests.length === 2)
    expect(world.manager.requestRecords[1]?.deadlineMs).toBeLessThanOrEqual(4_901)
    answerNext(world, 1)
    expect([await first, await second]).toEqual(['answer 0', 'answer 1'])
  })

  it('wait on while the connection is lost, and go when it is back', async () => {
    await using world = await FakeWorld.start({ maxPending: 1 })
    const outcomes = await start(world, 3, 1)
    await world.cut()
    world.manager.answer(world.manager.requests[0] as number, 'answer 0')
    expect(world.cluster.waitingRequests).toBe(2)

    await world.comeBack()

    for (const i of [1, 2]) {
      await eventually('the next', () => world.manager.requests.length === i + 1)
      answerNext(world, i)
    }
    expect(await Promise.all(outcomes)).toEqual(['answer 0', 'answer 1', 'answer 2'])
  })

  it('wait on when the open ones expire with the session', async () => {
    await using world = await FakeWorld.start({ maxPending: 1 })
    const outcomes = await start(world, 2, 1)
    world.manager.cutOff()
    expect(await outcomes[0]).toBe(314)
    await eventually('the second', () => world.manager.requests.length === 2)
    answerNext(world, 1)
    expect(await outcomes[1]).toBe('answer 1')
  })

  it('end with 111 too when the connection does not come back', async () => {
    await using world = await FakeWorld.start({ maxPending: 1, reconnectTimeoutMs: 200 })
    const outcomes = await start(world, 3, 1)
    await world.manager.cut()
    expect(await Promise.all(outcomes)).toEqual([111, 111, 111])
    expect([world.cluster.openRequests, world.cluster.waitingRequests]).toEqual([0, 0])
  })
})

describe('waitForRoom', () => {
  it('resolves at once while there is room', async () => {
    await using world = await FakeWorld.start({ maxPending: 2 })
    await world.openRequests(1)
    expect(await hasSettled(world.cluster.waitForRoom())).toBe(true)
  })

  it('lets as many loops go on as there is room for, so that none of them is refused', async () => {
    await using world = await FakeWorld.start({ maxPending: 3 })
    world.manager.onRequest = ({ request }) => setTimeout(() => world.manager.answer(request, 'done'), 1)
    let done = 0
    const loop = async () => {
      for (let i = 0; i < 20; i++) {
        await world.cluster.waitForRoom(BODY.length)
        world.cluster.inferAsync('digits', BODY, {}, (code) => {
          if (code === 0) done++
        })
      }
    }

    await Promise.all(Array.from({ length: 10 }, loop))

    await eventually('all outcomes', () => done === 200)
  })

  it('goes on to the next one when the first does not use the room', async () => {
    await using world = await FakeWorld.start({ maxPending: 1 })
    await world.openRequests(1)
    const waits = [world.cluster.waitForRoom(), world.cluster.waitForRoom(), world.cluster.waitForRoom()]
    expect(await hasSettled(Promise.race(waits))).toBe(false)

    answerNext(world, 0)

    await Promise.all(waits)
    expect(world.cluster.openRequests).toBe(0)
  })

  it('waits for room for the bytes it is told', async () => {
    await using world = await FakeWorld.start({ maxPendingBytes: 3 * MIB })
    const open = ending(world.cluster.infer('digits', Buffer.alloc(2 * MIB)))
    await eventually('it', () => world.manager.requests.length === 1)
    const wait = world.cluster.waitForRoom(2 * MIB)
    expect(await hasSettled(wait)).toBe(false)
    answerNext(world, 0)
    await wait
    expect(await open).toBe('answer 0')
  })

  it('rejects with 111 without a connection, and when the connection is released', async () => {
    await using world = await FakeWorld.start({ maxPending: 1 })
    await world.openRequests(1)
    const wait = ending(world.cluster.waitForRoom())
    await world.cluster.release()
    expect(await wait).toBe(111)
    expect(await ending(world.cluster.waitForRoom())).toBe(111)
  })

  it.each([-1, Number.NaN, '1'])('refuses %j bytes with 302', async (bytes) => {
    await using world = await FakeWorld.start()
    expect(await ending(world.cluster.waitForRoom(bytes as number))).toBe(302)
  })
})
