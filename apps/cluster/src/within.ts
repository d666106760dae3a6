/** Starts a timer; returns what clears it. */
export type After = (ms: number, run: () => void) => () => void

export const afterMs: After = (ms, run) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

export interface Patience {
  ms: number
  /** What is thrown when the time is over. */
  late: () => Error
  /** A figure of something that the work waits behind: while it changes from one time to the next, the wait goes on. */
  progress?: (() => number) | undefined
  /** Whoever waits may give up. */
  signal?: AbortSignal | undefined
  after?: After
}

/**
 * Wait for work, but no longer than that. The work itself goes on: nobody hears any more how it ends.
 * @throws what the work throws; what `late` returns; the signal's reason
 */
export async function within<T>(work: Promise<T>, { ms, late, progress, signal, after = afterMs }: Patience): Promise<T> {
  let cancel = () => {}
  let onAbort = () => {}
  const given = new Promise<never>((_resolve, reject) => {
    const wait = (): void => {
      const before = progress?.()
      cancel = after(ms, () => (progress?.() === before ? reject(late()) : wait()))
    }
    wait()
    onAbort = () => reject(signal?.reason)
  })
  signal?.addEventListener('abort', onAbort)
  try {
    signal?.throwIfAborted()
    return await Promise.race([work, given])
  } finally {
    cancel()
    signal?.removeEventListener('abort', onAbort)
    // Where it was given up, its failure is nobody's.
    work.catch(() => {})
  }
}
