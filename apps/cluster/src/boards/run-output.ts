import type { RunOptions } from './machine'

/** A program did not end in time. */
export class RunTimeout extends Error {
  constructor(timeoutMs: number) {
    super(`it did not end within ${timeoutMs} ms`)
  }
}

/** Limits of a run; what the caller does not say is as machine.ts says. */
export const runLimits = ({ timeoutMs = 10_000, maxOutputBytes = 1_000_000 }: RunOptions) => ({ timeoutMs, maxOutputBytes })

/** Collects what a program prints on both streams, and says when one of them has become too much. */
function outputCollector(maxBytes: number, onTooMuch: () => void) {
  const collect = () => {
    const pieces: Buffer[] = []
    let bytes = 0
    return {
      pieces,
      add: (piece: Buffer): void => {
        bytes += piece.length
        if (bytes <= maxBytes) pieces.push(piece)
        else onTooMuch()
      },
    }
  }
  const [stdout, stderr] = [collect(), collect()]
  return {
    stdout: stdout.add,
    stderr: stderr.add,
    result: () => ({ stdout: Buffer.concat(stdout.pieces), stderr: Buffer.concat(stderr.pieces).toString('utf8') }),
  }
}

/** Options of a run whose limits are set. */
export type LimitedRun = RunOptions & ReturnType<typeof runLimits>

/** Collects what a program prints; calls `giveUp` when that is too much, when it takes too long, or when it is no longer wanted. */
export function watchRun(
  { maxOutputBytes, timeoutMs, signal }: LimitedRun,
  giveUp: (why: unknown) => void,
): { output: ReturnType<typeof outputCollector>; stopWaiting: () => void } {
  const output = outputCollector(maxOutputBytes, () => giveUp(new Error(`it printed more than ${maxOutputBytes} bytes`)))
  const timer = setTimeout(() => giveUp(new RunTimeout(timeoutMs)), timeoutMs)
  const onAbort = (): void => giveUp(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  return {
    output,
    stopWaiting: () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    },
  }
}
