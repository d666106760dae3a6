/** The HTTP status that an Engine answered with; undefined when it did not answer. */
export const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number } | undefined)?.statusCode

/** What the Engine said, without dockerode's words around it. */
export function wordsOf(error: unknown): string {
  const said = (error as { json?: { message?: unknown } | null } | undefined)?.json?.message
  return typeof said === 'string' ? said : error instanceof Error ? error.message : String(error)
}

/** `undefined` instead of 404. */
export async function orMissing<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

/** Nothing happens where there is nothing (404), or where it is so already (304). */
export async function unlessSo(reply: Promise<unknown>): Promise<void> {
  try {
    await reply
  } catch (error) {
    const status = statusOf(error)
    if (status !== 404 && status !== 304) throw error
  }
}

/** Nothing happens where it runs already (304). */
export async function unlessStarted(reply: Promise<unknown>): Promise<void> {
  try {
    await reply
  } catch (error) {
    if (statusOf(error) !== 304) throw error
  }
}
