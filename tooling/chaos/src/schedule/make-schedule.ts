import { type SeededRandom, seededRandom } from '@aicluster/testing'
import type { ChaosAction, ChaosEvent, ChaosKind } from './chaos-event'
import { nextWeather } from './wire-weather'

/** The load begins in a world that works, for so many ms. */
const CALM_START_MS = 2_000
/** How long before a manager is killed the burst comes that it is to be killed with, in ms. */
export const BURST_AHEAD_MS = 300
export const BURST_REQUESTS = 1_000

/** Before every other kill of a manager distribution is stopped, so long before it, and still off under its successor, in ms. */
const OFF_AHEAD_MS = 1_500
const OFF_OVER_KILL_MS = 6_000

const LONG_PAUSE_CHANCE = 0.1
const LONG_PAUSE_GAPS = 3.5

/** Every `gapMs` on the average one of these. */
export interface Stream {
  gapMs: number
  make(random: SeededRandom): ChaosAction
}

const pause = (random: SeededRandom) => random.integer(500, 4_000)
export const restartPause = (random: SeededRandom) => random.integer(0, 2_000)

const stopOfDistribution = (random: SeededRandom, forMs: number): ChaosAction => ({
  kind: 'distributionStopped',
  of: random.pick(['container', 'board', 'inference']),
  pick: random.next(),
  forMs,
})

const STREAMS: readonly Stream[] = [
  { gapMs: 20_000, make: (random) => ({ kind: 'managerKilled', startAfterMs: restartPause(random) }) },
  { gapMs: 45_000, make: (random) => ({ kind: 'managerStopped', forMs: pause(random) }) },
  { gapMs: 70_000, make: (random) => ({ kind: 'managerRestarted', startAfterMs: restartPause(random) }) },
  { gapMs: 6_000, make: (random) => ({ kind: 'containerKilled', pick: random.next() }) },
  { gapMs: 14_000, make: (random) => ({ kind: 'containerStopped', pick: random.next(), forMs: pause(random) }) },
  { gapMs: 30_000, make: (random) => ({ kind: 'containersRolled', pick: random.next() }) },
  { gapMs: 9_000, make: (random) => ({ kind: 'applicationKilled', startAfterMs: restartPause(random) }) },
  { gapMs: 11_000, make: (random) => ({ kind: 'applicationStopped', forMs: pause(random) }) },
  { gapMs: 25_000, make: () => ({ kind: 'handlerHung' }) },
  { gapMs: 15_000, make: (random) => ({ kind: 'inferenceCycled', requests: random.integer(20, 200), forMs: random.integer(500, 3_000) }) },
  {
    gapMs: 6_000,
    make: (random) => ({
      kind: 'queueDeleted',
      of: random.pick(['request', 'inference']),
      whose: random.pick(['own', 'anybody']),
      pick: random.next(),
    }),
  },
  { gapMs: 12_000, make: (random) => stopOfDistribution(random, random.integer(500, 4_000)) },
  { gapMs: 9_000, make: (random) => ({ kind: 'inferenceReloaded', pick: random.next() }) },
  { gapMs: 25_000, make: (random) => ({ kind: 'programStopped', pick: random.next(), forMs: random.integer(0, 4_000) }) },
]

/**
 * Everything that will be done to a world, in order. The same seed and length always give the same schedule, in which each kind
 * comes at least once.
 *
 * @param lengthMs - the last of it begins before
 */
export function makeSchedule(seed: number, lengthMs: number): ChaosEvent[] {
  const endMs = Math.max(CALM_START_MS + 1, lengthMs)
  const streams = STREAMS.map((stream, i) => timed(stream, seededRandom(seed + i + 1), endMs))
  const events = [...streams.flat(), ...wirePhases(seededRandom(seed), endMs)]
  const random = seededRandom(seed + STREAMS.length + 1)
  for (const [i, { atMs }] of streams
    .flat()
    .filter(({ kind }) => kind === 'managerKilled')
    .entries()) {
    events.push({ kind: 'burst', requests: BURST_REQUESTS, atMs: Math.max(0, atMs - BURST_AHEAD_MS) })
    if (i % 2 === 0) events.push({ ...stopOfDistribution(random, OFF_OVER_KILL_MS), atMs: Math.max(CALM_START_MS, atMs - OFF_AHEAD_MS) })
  }
  return events.sort((a, b) => a.atMs - b.atMs)
}

/** How often each kind comes. */
export function countKinds(events: readonly ChaosEvent[]): Partial<Record<ChaosKind, number>> {
  const counts: Partial<Record<ChaosKind, number>> = {}
  for (const { kind } of events) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

/** When the actions of one stream come: between the calm start and `endMs`. */
export function timed({ gapMs, make }: Stream, random: SeededRandom, endMs: number): ChaosEvent[] {
  // In a short run everything comes at least once.
  const gap = Math.min(gapMs, (endMs - CALM_START_MS) / 1.5)
  const events: ChaosEvent[] = []
  for (let atMs = CALM_START_MS + gap * random.next(); atMs < endMs; atMs += gap * nextGap(random)) {
    events.push({ ...make(random), atMs: Math.round(atMs) })
  }
  return events
}

/** Now and then a long pause: what takes time to show, as a heap that grows, needs a manager that lives. */
const nextGap = (random: SeededRandom): number => (random.chance(LONG_PAUSE_CHANCE) ? LONG_PAUSE_GAPS : 0.5 + random.next() / 2)

function wirePhases(random: SeededRandom, endMs: number): ChaosEvent[] {
  const events: ChaosEvent[] = []
  let atMs = CALM_START_MS + random.integer(0, 1_000)
  while (atMs < endMs) {
    events.push({ kind: 'wireBroken', rates: nextWeather(random), atMs })
    atMs = Math.min(endMs, atMs + random.integer(3_000, 9_000))
    events.push({ kind: 'wireMended', atMs })
    atMs += random.integer(1_000, 5_000)
  }
  return events
}
