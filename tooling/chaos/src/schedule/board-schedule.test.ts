import { describe, expect, it } from 'vitest'
import { makeBoardSchedule } from './board-schedule'
import { countKinds } from './make-schedule'

const KINDS = [
  'applicationKilled',
  'boardCut',
  'boardOff',
  'burst',
  'containerKilled',
  'engineRestarted',
  'linkLossy',
  'linkSlow',
  'managerKilled',
]

describe('the schedule of a world on boards', () => {
  it('is the same for the same seed and length', () => {
    expect(makeBoardSchedule(1, 60_000)).toEqual(makeBoardSchedule(1, 60_000))
  })

  it.each([20_000, 120_000])('of %d ms does everything at least once, in order, within its length', (lengthMs) => {
    for (let seed = 0; seed < 50; seed++) {
      const events = makeBoardSchedule(seed, lengthMs)
      expect(Object.keys(countKinds(events)).sort()).toEqual(KINDS)
      const times = events.map(({ atMs }) => atMs)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(times.at(-1)).toBeLessThanOrEqual(lengthMs)
    }
  })
})
