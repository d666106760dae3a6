import { describe, expect, it } from 'vitest'
import { FaultDice } from './fault-dice'
import { KIND, testMessage } from './test-message'

const ROLLS = 20_000

function rolled(seed: number, rates: FaultDice['rates']): FaultDice {
  const dice = new FaultDice(seed)
  dice.rates = rates
  for (let i = 0; i < ROLLS; i++) dice.roll('Requests')
  return dice
}

describe('the dice', () => {
  it('let everything pass without rates', () => {
    expect(rolled(1, {}).counts).toEqual({})
  })

  it('follow the rates of what the message carries, and count', () => {
    const { counts } = rolled(2, { Requests: { lost: 0.1, delayed: 0.3 }, Replies: { doubled: 1 } })

    expect(Object.keys(counts).sort()).toEqual(['delayedRequests', 'lostRequests'])
    expect((counts.lostRequests ?? 0) / ROLLS).toBeCloseTo(0.1, 1)
    expect((counts.delayedRequests ?? 0) / ROLLS).toBeCloseTo(0.3, 1)
  })

  it('fall the same way for the same seed', () => {
    const rates = { Requests: { lost: 0.2, doubled: 0.2, truncated: 0.2 } }

    expect(rolled(3, rates).counts).toEqual(rolled(3, rates).counts)
    expect(rolled(3, rates).counts).not.toEqual(rolled(4, rates).counts)
  })
})

describe('a truncated message', () => {
  it('misses the end of its first frame, never all of it', () => {
    const dice = new FaultDice(5)
    const frame = testMessage(KIND.request, KIND.request)
    for (let i = 0; i < 1_000; i++) {
      const [cut, ...more] = dice.truncate([frame])
      expect(more).toEqual([])
      expect(cut?.length).toBeLessThan(frame.length)
      expect(frame.subarray(0, cut?.length)).toEqual(cut)
      expect(cut?.length).toBeGreaterThanOrEqual(4)
    }
  })

  it('of several frames misses either that or its last frame', () => {
    const dice = new FaultDice(6)
    const frames = [testMessage(KIND.request), Buffer.alloc(10), Buffer.alloc(20)]
    const lengths = new Set(Array.from({ length: 100 }, () => dice.truncate(frames).length))
    expect([...lengths].sort()).toEqual([2, 3])
  })

  it('that is nothing but a preamble stays as it is', () => {
    expect(new FaultDice(7).truncate([testMessage()])).toEqual([testMessage()])
  })
})
