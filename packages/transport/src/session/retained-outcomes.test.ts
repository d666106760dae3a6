import { describe, expect, it } from 'vitest'
import { RetainedOutcome, RetainedOutcomes } from './retained-outcomes'

/** Each outcome of 1,000 bytes counts 256 more: three are under way at a time, 7 and 15 are kept. */
const LIMITS = { retainedBytes: 10_000, unreadBytes: 20_000, windowBytes: 4_000 }

function store({ releaseOnAck = true } = {}) {
  const sent: number[] = []
  const expired: number[] = []
  const outcomes = new RetainedOutcomes<RetainedOutcome>(
    { send: ({ number }) => sent.push(number), expire: ({ number }) => expired.push(number) },
    releaseOnAck,
    LIMITS,
  )
  const add = (...numbers: number[]) => {
    for (const number of numbers) outcomes.add(new RetainedOutcome(number, 1_000))
  }
  return { outcomes, sent, expired, add }
}

describe('outcomes', () => {
  it('are sent up to the window, the next ones as earlier ones are acknowledged', () => {
    const { outcomes, sent, add } = store()
    outcomes.start()
    add(1, 2, 3, 4, 5)
    expect(sent).toEqual([1, 2, 3])
    outcomes.acknowledged(2)
    expect(sent).toEqual([1, 2, 3, 4, 5])
    expect(outcomes.size).toBe(3)
  })

  it('larger than the window go alone', () => {
    const { outcomes, sent } = store()
    outcomes.start()
    outcomes.add(new RetainedOutcome(1, 5_000))
    outcomes.add(new RetainedOutcome(2, 5_000))
    expect(sent).toEqual([1])
    outcomes.acknowledged(1)
    expect(sent).toEqual([1, 2])
  })

  it('that expire for want of room leave the window as full as it was: what was sent is still under way', () => {
    const { sent, expired, add, outcomes } = store()
    outcomes.start()
    add(...Array.from({ length: 40 }, (_, n) => n + 1))
    expect(expired.length).toBeGreaterThan(20)
    expect(sent).toEqual([1, 2, 3])
    outcomes.acknowledged(3)
    expect(sent.slice(3, 6)).toEqual([4, 5, 6])
  })

  it('that nobody can take now are kept within a smaller limit, the oldest expire', () => {
    const { outcomes, expired, add } = store()
    outcomes.start()
    add(...Array.from({ length: 12 }, (_, n) => n + 1))
    expect(expired).toEqual([])
    outcomes.stop()
    expect(expired).toEqual([1, 2, 3, 4, 5])
    expect(outcomes.bytes).toBeLessThanOrEqual(LIMITS.retainedBytes)
  })

  it('are sent again in the order they are asked for; what is not asked for goes', () => {
    const { outcomes, sent, add } = store()
    outcomes.start()
    add(1, 2, 3)
    outcomes.stop()
    sent.length = 0
    outcomes.resend([3, 1], [])
    expect(sent).toEqual([3, 1])
    expect(outcomes.numbers()).toEqual([1, 3])
  })

  it('stay after their ack where only a word releases them', () => {
    const { outcomes, add } = store({ releaseOnAck: false })
    outcomes.start()
    add(1, 2)
    outcomes.acknowledged(2)
    expect(outcomes.size).toBe(2)
    outcomes.release(1)
    expect(outcomes.numbers()).toEqual([2])
  })
})
