import { InferenceResponse } from '@aicluster/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { World } from '../test/world'
import { ReceivedRequest } from './received-request'
import { type BatchOptions, RequestIntake } from './request-intake'

const NOTHING = new Uint8Array(0)

describe('a batch of requests', () => {
  let intake: RequestIntake
  const add = (...numbers: number[]) => {
    for (const number of numbers) intake.add(new ReceivedRequest(NOTHING, new InferenceResponse(), number))
  }
  /** What the program gets; undefined while it waits. */
  const gather = (options: Partial<BatchOptions> = {}) => {
    const seen: { batch?: number[]; code?: number } = {}
    intake.nextBatch({ max: 3, waitMs: 0, timeoutMs: 0, credits: () => 100, ...options }).then(
      (batch) => {
        seen.batch = batch.map(({ number }) => number)
      },
      (error) => {
        seen.code = error.code
      },
    )
    return seen
  }
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

  beforeEach(() => {
    vi.useFakeTimers()
    intake = new RequestIntake(
      () => {},
      () => {},
    )
  })
  afterEach(() => void vi.useRealTimers())

  it('is what is there, oldest first, up to its size', async () => {
    add(1, 2, 3, 4)

    const first = gather()
    const second = gather()
    await pass(0)

    expect(first.batch).toEqual([1, 2, 3])
    expect(second.batch).toEqual([4])
  })

  it('waits for its first request without end, and takes what comes with it', async () => {
    const seen = gather()
    await pass(3_600_000)
    expect(seen).toEqual({})

    add(1, 2)
    await pass(0)
    expect(seen.batch).toEqual([1, 2])
  })

  it('waits for its first request no longer than the timeout: 401', async () => {
    const seen = gather({ timeoutMs: 100, waitMs: 1_000 })
    await pass(99)
    expect(seen).toEqual({})
    await pass(1)
    expect(seen.code).toBe(401)
    add(1)
    expect(intake.take()?.number).toBe(1)
  })

  it('waits for further ones until it is full', async () => {
    add(1)
    const seen = gather({ waitMs: 50 })
    await pass(20)
    add(2)
    await pass(20)
    expect(seen).toEqual({})
    add(3)
    await pass(0)
    expect(seen.batch).toEqual([1, 2, 3])
  })

  it('waits for further ones so long and no longer, counted from its first', async () => {
    const seen = gather({ waitMs: 50 })
    await pass(500)
    add(1)
    await pass(30)
    add(2)
    await pass(19)
    expect(seen).toEqual({})
    await pass(2)
    expect(seen.batch).toEqual([1, 2])
  })

  it('does not wait for what cannot come: every credit is in hand', async () => {
    add(1, 2)
    const seen = gather({ max: 8, waitMs: 1_000, credits: () => 2 })
    await pass(0)
    expect(seen.batch).toEqual([1, 2])
  })

  it('is what there is when no more will come; an empty one is 111', async () => {
    add(1)
    const [some, none] = [gather({ waitMs: 1_000 }), gather({ waitMs: 1_000 })]
    await pass(0)
    intake.close('the Connector was closed')
    await pass(0)
    expect(some.batch).toEqual([1])
    expect(none.code).toBe(111)
  })
})

describe('receiveRequests', () => {
  it('takes as many as the container has credits unless said otherwise, and refuses sizes that are none', async () => {
    await using world = await World.start({ maxSendNum: 2 })
    const connector = await world.connect()
    const batch = connector.receiveRequests({ waitMs: 60_000 })
    await world.ready()
    world.manager.request(1)
    world.manager.request(2)

    expect((await batch).map(({ response }) => response.requestNo)).toEqual(['1', '2'])
    for (const wrong of [{ max: 0 }, { max: 1.5 }, { waitMs: -1 }, { timeout: Number.NaN }]) {
      await expect(connector.receiveRequests(wrong)).rejects.toMatchObject({ code: 302 })
    }
  })
})
