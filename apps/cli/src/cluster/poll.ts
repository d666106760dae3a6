const EVERY_MS = 50

/** Look every 50 ms until `look` gives something. @returns undefined when the time has passed first */
export async function poll<T>(limitMs: number, look: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> {
  const giveUpAt = performance.now() + limitMs
  for (;;) {
    const found = await look()
    if (found !== undefined || performance.now() >= giveUpAt) return found
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
}
