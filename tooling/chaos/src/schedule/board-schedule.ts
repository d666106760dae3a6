import { type SeededRandom, seededRandom } from '@aicluster/testing'
import type { ChaosAction, ChaosEvent } from './chaos-event'
import { BURST_AHEAD_MS, BURST_REQUESTS, restartPause, type Stream, timed } from './make-schedule'

/** What is done to a board. */
export type BoardAction = Extract<ChaosAction, { kind: 'boardCut' | 'boardOff' | 'engineRestarted' | 'linkSlow' | 'linkLossy' }>

/** From shorter than it takes to notice, to long enough to be done without, in ms. */
const absence = (random: SeededRandom): number => random.integer(2_000, 15_000)

const STREAMS: readonly Stream[] = [
  { gapMs: 20_000, make: (random) => ({ kind: 'boardCut', pick: random.next(), forMs: absence(random) }) },
  { gapMs: 50_000, make: (random) => ({ kind: 'boardOff', pick: random.next(), forMs: absence(random) }) },
  { gapMs: 60_000, make: (random) => ({ kind: 'engineRestarted', pick: random.next() }) },
  {
    gapMs: 25_000,
    make: (random) => ({ kind: 'linkSlow', pick: random.next(), megabits: random.integer(10, 100), forMs: random.integer(3_000, 8_000) }),
  },
  {
    gapMs: 25_000,
    make: (random) => ({ kind: 'linkLossy', pick: random.next(), percent: random.integer(1, 20), forMs: random.integer(3_000, 8_000) }),
  },
  { gapMs: 35_000, make: (random) => ({ kind: 'managerKilled', startAfterMs: restartPause(random) }) },
  { gapMs: 15_000, make: (random) => ({ kind: 'applicationKilled', startAfterMs: restartPause(random) }) },
  { gapMs: 20_000, make: (random) => ({ kind: 'containerKilled', pick: random.next() }) },
]

/** The same as `makeSchedule` for a world on boards: each kind comes at least once. */
export function makeBoardSchedule(seed: number, lengthMs: number): ChaosEvent[] {
  const streams = STREAMS.map((stream, i) => timed(stream, seededRandom(seed + i + 1), lengthMs))
  const kills = streams.flat().filter(({ kind }) => kind === 'managerKilled')
  const bursts = kills.map(
    ({ atMs }): ChaosEvent => ({ kind: 'burst', requests: BURST_REQUESTS, atMs: Math.max(0, atMs - BURST_AHEAD_MS) }),
  )
  return [...streams.flat(), ...bursts].sort((a, b) => a.atMs - b.atMs)
}
