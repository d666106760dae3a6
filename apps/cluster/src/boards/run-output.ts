import type { RunOptions } from './machine'

/** Limits of a run; what the caller does not say is as machine.ts says. */
export const runLimits = ({ timeoutMs = 10_000, maxOutputBytes = 1_000_000 }: RunOptions) => ({ timeoutMs, maxOutputBytes })

/** Collects what a program prints on both streams, and says when one of them has become too much. */
export function outputCollector(maxBytes: number, onTooMuch: () => void) {
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
