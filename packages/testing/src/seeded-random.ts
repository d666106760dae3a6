/** Random numbers that come out the same for the same seed. */
export interface SeededRandom {
  readonly seed: number
  /** From 0 up to, not including, 1. */
  next(): number
  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** One of the items. */
  pick<Item>(items: readonly Item[]): Item
  /** This many random bytes. */
  bytes(length: number): Uint8Array
}

/** A seed for a run that is to differ from the last: print it, so that a failure can be repeated. */
export const freshSeed = (): number => Math.floor(Math.random() * 2 ** 32)

/**
 * Seeded randomness for tests (mulberry32). Print the seed in the test's name or message.
 * @param seed - any integer; its low 32 bits count
 */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    seed,
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: <Item>(items: readonly Item[]): Item => {
      if (items.length === 0) throw new RangeError('nothing to pick from')
      return items[integer(0, items.length - 1)] as Item
    },
    bytes: (length) => Uint8Array.from({ length }, () => integer(0, 255)),
  }
}
