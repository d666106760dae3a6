import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 5

/**
 * Look again and again until `look` returns something truthy, and return that. An error that `look` throws counts as "not yet".
 *
 * @param what - the sentence after "waited for" when time runs out
 * @throws Error saying what was waited for, and what was seen last
 */
export async function eventually<T>(what: string, look: () => T | Promise<T>, timeoutMs = 10_000): Promise<NonNullable<T>> {
  const giveUpAt = performance.now() + timeoutMs
  for (;;) {
    let seen: unknown
    try {
      const value = await look()
      if (value) return value
      seen = value
    } catch (error) {
      seen = error
    }
    if (performance.now() > giveUpAt) {
      const last = seen instanceof Error ? (seen.stack ?? seen.message) : JSON.stringify(seen)
      throw new Error(`waited ${timeoutMs} ms for ${what}; saw last: ${last}`)
    }
    await sleep(POLL_MS)
  }
}
