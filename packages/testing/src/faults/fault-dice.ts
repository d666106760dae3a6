import { type SeededRandom, seededRandom } from '../seeded-random'
import { type AimedFaultRates, FAULT_KINDS, type FaultAim, type FaultCounts, type FaultKind } from './fault-rates'

/** Most bytes that a truncated frame loses. */
const MOST_CUT_BYTES = 200
/** What is left of a truncated frame at least: an empty message would be a notice of ZeroMQ's own. */
const LEAST_LEFT_BYTES = 4

/** Decides what becomes of each message, and counts. Knows no socket and no clock. */
export class FaultDice {
  readonly counts: FaultCounts = {}
  /** Nothing happens until there are some. */
  rates: AimedFaultRates = {}
  private readonly random: SeededRandom

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** @returns the fault that befalls the next message, counted already; undefined: none */
  roll(aim: FaultAim): FaultKind | undefined {
    const rates = this.rates[aim]
    if (!rates) return undefined
    let left = this.random.next()
    for (const kind of FAULT_KINDS) {
      left -= rates[kind] ?? 0
      if (left >= 0) continue
      const name = `${kind}${aim}` as const
      this.counts[name] = (this.counts[name] ?? 0) + 1
      return kind
    }
    return undefined
  }

  /** An integer from `least` to `most`. */
  between([least, most]: readonly [number, number]): number {
    return this.random.integer(least, most)
  }

  /** A message without its end: the last bytes of its first frame, or its last frame where it has several. */
  truncate(frames: readonly Uint8Array[]): Uint8Array[] {
    const [first, ...others] = frames
    if (!first) return []
    if (others.length > 0 && this.random.chance(0.5)) return frames.slice(0, -1)
    const most = Math.min(MOST_CUT_BYTES, first.length - LEAST_LEFT_BYTES)
    return most < 1 ? [...frames] : [first.subarray(0, first.length - this.random.integer(1, most)), ...others]
  }
}
