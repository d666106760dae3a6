/** When a program that ended is started again. All times in ms. */
export interface BackoffTimes {
  /** Delay after the first exit; each further exit in a row doubles it. */
  restartFirstMs: number
  /** Longest delay. */
  restartMaxMs: number
  /** A run of this length was a good one: the next exit is the first again. */
  restartResetMs: number
  /** Exits in a row that make a crash loop, whatever the delay has become. */
  crashLoopExits: number
}

/** Counts exits in a row and says how long to wait. Knows no clock and no process. */
export class RestartBackoff {
  readonly #times: BackoffTimes
  #exitsInRow = 0

  constructor(times: BackoffTimes) {
    this.#times = times
  }

  /** Exits since the program last ran long enough (or was started on purpose). */
  get exitsInRow(): number {
    return this.#exitsInRow
  }

  get crashLoop(): boolean {
    return this.#exitsInRow >= this.#times.crashLoopExits || (this.#exitsInRow > 0 && this.#delay() >= this.#times.restartMaxMs)
  }

  /** Take note of an exit after `ranMs`. Returns the ms to wait before the next start. */
  exited(ranMs: number): number {
    if (ranMs >= this.#times.restartResetMs) this.#exitsInRow = 0
    this.#exitsInRow++
    return this.#delay()
  }

  /** Somebody starts it on purpose: the past does not count. */
  reset(): void {
    this.#exitsInRow = 0
  }

  #delay(): number {
    return Math.min(this.#times.restartMaxMs, this.#times.restartFirstMs * 2 ** (this.#exitsInRow - 1))
  }
}
