import { describe, expect, it } from 'vitest'
import { countKinds, makeSchedule } from './make-schedule'

const KINDS = 17

describe('the schedule', () => {
  it('is the same for the same seed and length, and another for another seed', () => {
    expect(makeSchedule(1, 60_000)).toEqual(makeSchedule(1, 60_000))
    expect(makeSchedule(1, 60_000)).not.toEqual(makeSchedule(2, 60_000))
  })

  it.each([20_000, 120_000])('of %d ms does everything at least once, in order, and leaves the beginning calm', (lengthMs) => {
    for (let seed = 0; seed < 50; seed++) {
      const events = makeSchedule(seed, lengthMs)
      expect(Object.keys(countKinds(events))).toHaveLength(KINDS)
      const times = events.map(({ atMs }) => atMs)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(times[0]).toBeGreaterThanOrEqual(1_700)
      expect(times.at(-1)).toBeLessThanOrEqual(lengthMs)
    }
  })

  it('leaves the wire mended', () => {
    for (let seed = 0; seed < 50; seed++) {
      const wire = makeSchedule(seed, 40_000).filter(({ kind }) => kind.startsWith('wire'))
      expect(wire.at(-1)?.kind).toBe('wireMended')
    }
  })

  it('of half an hour kills the manager about every 20 s, each time with a burst of requests open', () => {
    const counts = countKinds(makeSchedule(3, 30 * 60_000))
    expect(counts.managerKilled).toBeGreaterThan(60)
    expect(counts.managerKilled).toBeLessThan(120)
    expect(counts.burst).toBe(counts.managerKilled)
  })
})
