import type { AimedFaultRates, SeededRandom } from '@aicluster/testing'

/** What the wire may be like for a while. Half of the phases aim at one kind of message, so that a cure for one cannot hide behind another. */
const WEATHERS: readonly AimedFaultRates[] = [
  { Requests: { lost: 0.03 } },
  { Replies: { lost: 0.03 } },
  { Requests: { doubled: 0.05 }, Replies: { doubled: 0.05 }, Others: { doubled: 0.05 } },
  { Requests: { delayed: 0.05 }, Replies: { delayed: 0.05 }, Others: { delayed: 0.02 } },
  { Requests: { truncated: 0.01 }, Replies: { truncated: 0.01 }, Others: { truncated: 0.01 } },
  { Others: { lost: 0.05, delayed: 0.05 } },
  {
    Requests: { lost: 0.01, doubled: 0.01, delayed: 0.02, truncated: 0.003 },
    Replies: { lost: 0.01, doubled: 0.01, delayed: 0.02, truncated: 0.003 },
    Others: { lost: 0.01, doubled: 0.01, delayed: 0.01, truncated: 0.003 },
  },
]

/** The wire's next phase: mostly everything at once, a little. */
export const nextWeather = (random: SeededRandom): AimedFaultRates =>
  random.chance(0.5) ? (WEATHERS[WEATHERS.length - 1] as AimedFaultRates) : random.pick(WEATHERS)
