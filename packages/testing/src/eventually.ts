const FIRST_PAUSE_MS = 1
const LONGEST_PAUSE_MS = 50

/**
 * Wait until `check` is content: it returns something truthy, or resolves to it, without throwing.
 * It is asked at once, then after 1, 2, 4… ms, at most every 50 ms.
 *
 * @param what - what is awaited, for the failure's message: "the manager answers"
 * @param timeoutMs - how long to wait
 * @returns what `check` returned at last
 * @throws Error naming `what`, the time, and the last error or value, when the time is over
 */
export async function eventually<Value>(
  what: string,
  check: () => Value | Promise<Value>,
  timeoutMs = 5000,
): Promise<Exclude<Value, false | null | undefined | 0 | ''>> {
  const giveUpAt = performance.now() + timeoutMs
  let pauseMs = FIRST_PAUSE_MS
  for (;;) {
    let last: string
    try {
      const value = await check()
      if (value) return value as Exclude<Value, false | null | undefined | 0 | ''>
      last = `the last answer was ${String(value)}`
    } catch (error) {
      last = `the last error was ${error instanceof Error ? error.message : String(error)}`
    }
    if (performance.now() >= giveUpAt) throw new Error(`not within ${timeoutMs} ms: ${what} (${last})`)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
  }
}
