/** How long a program that has drained may go on by itself before it is ended, in ms. */
const EXIT_GRACE_MS = 1_000

/**
 * SIGTERM ends the program in order: it drains, then the process exits with code 0 (or `process.exitCode`). A second one cuts the
 * drain short, a third one ends the process at once.
 */
export class TerminationSignal {
  private count = 0

  /** @param close - drains and closes; resolves when that is done */
  constructor(private readonly close: () => Promise<void>) {}

  /** Whether the drain shall end at once. */
  get isCutShort(): boolean {
    return this.count > 1
  }

  listen(): void {
    process.on('SIGTERM', this.onSignal)
  }

  /** The program takes care of itself from now on; a drain that has begun by signal still ends the process. */
  stop(): void {
    if (this.count === 0) process.off('SIGTERM', this.onSignal)
  }

  private readonly onSignal = (): void => {
    this.count++
    if (this.count === 1) void this.close().finally(exitSoon)
    else if (this.count > 2) process.exit()
  }
}

/** Lets the program finish what it does after `serve`; with nothing left to do the process ends sooner, by itself. */
function exitSoon(): void {
  setTimeout(() => process.exit(), EXIT_GRACE_MS).unref()
}
