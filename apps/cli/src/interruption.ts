import { RequestAbortedError } from '@aicluster/host-sdk'

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Do something that a signal may abort; a second one ends the process at once, as if nobody listened.
 * @param action - gets what aborts, and what else may (a key)
 */
export async function interruptible<T>(action: (signal: AbortSignal, interrupt: () => void) => Promise<T>): Promise<T> {
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort(new Error('interrupted'))
  for (const signal of SIGNALS) process.once(signal, interrupt)
  try {
    return await action(interruption.signal, interrupt)
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt)
  }
}

/** Do something that has no other end than being interrupted: that is no failure then. */
export const untilInterrupted = (action: (signal: AbortSignal, interrupt: () => void) => Promise<void>): Promise<void> =>
  interruptible(async (signal, interrupt) => {
    try {
      await action(signal, interrupt)
    } catch (error) {
      if (!signal.aborted || !isAbort(error)) throw error
    }
  })

/** Of the SDK, or of a timer of Node. */
const isAbort = (error: unknown): boolean => error instanceof RequestAbortedError || (error as Error).name === 'AbortError'
