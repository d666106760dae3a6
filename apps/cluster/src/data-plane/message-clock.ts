/** Monotonic times become times of day by adding this. */
export const TIME_ORIGIN_MS = performance.timeOrigin

/**
 * What time it is: while a message is being read, always the same. Its records have come at the same moment, and asking a clock for
 * each of them costs more than most of what is done with it.
 */
export class MessageClock {
  private reading = false
  private knownMs: number | undefined

  /** @param clock - in ms */
  constructor(private readonly clock: () => number) {}

  readonly now = (): number => {
    if (!this.reading) return this.clock()
    this.knownMs ??= this.clock()
    return this.knownMs
  }

  readonly begin = (): void => {
    this.reading = true
    this.knownMs = undefined
  }

  readonly end = (): void => {
    this.reading = false
  }
}
