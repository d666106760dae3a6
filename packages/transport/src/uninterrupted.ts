/** A signal came in the middle of a system call. libzmq then gives up before it has done anything: it is to be asked again. */
export const isInterrupted = (error: unknown): boolean => (error as NodeJS.ErrnoException | undefined)?.code === 'EINTR'

/** What a call returns that a signal may interrupt: it is then called again. */
export function uninterrupted<Result>(call: () => Result): Result {
  for (;;) {
    try {
      return call()
    } catch (error) {
      if (!isInterrupted(error)) throw error
    }
  }
}
