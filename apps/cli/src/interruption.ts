import { RequestAbortedError } from '@aicluster/host-sdk'

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Do something until it is done or a signal asks for its end. Whatever it then calls of the SDK is aborted.
 *
 * A second signal ends the process at once, as if nobody listened.
 *
 * @param action - gets what aborts, and what else may end it (a key)
 * @returns undefined when it was interrupted
 */
export async function untilInterrupted<T>(action: (signal: AbortSignal, interrupt: () => void) => Promise<T>): Promise<T | undefined> {
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort(new Error('interrupted'))
  for (const signal of SIGNALS) process.once(signal, interrupt)
  try {
    return await action(interruption.signal, interrupt)
  } catch (error) {
    if (interruption.signal.aborted && isAbort(error)) return undefined
    throw error
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt)
  }
}

/** Of the SDK, or of a timer of Node. */
const isAbort = (error: unknown): boolean => error instanceof RequestAbortedError || (error as Error).name === 'AbortError'
