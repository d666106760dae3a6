import { type After, afterMs, within } from '../../within'

/** From one look at what is ready to the next, in ms. */
const LOOK_MS = 5_000
/** How long a look, or a preparation, may take, in ms; then it has failed. */
const LIMIT_MS = 5_000
/** After the first failed preparation, in ms; each further one doubles it. */
const RETRY_FIRST_MS = 500
const RETRY_MAX_MS = 10_000

export interface UpkeepOptions {
  /** Make ready what is connected. */
  prepare: () => Promise<void>
  /** See that it still is. */
  look: () => Promise<void>
  /** How many bytes it has taken of what is uploaded to it. */
  taken?: () => number
  onReady: () => void
  onFailed: (error: unknown) => void
  after?: After
}

/** While something is connected: makes it ready, looks again and again whether it still is, and makes it ready again if not. */
export class Upkeep {
  readonly #options: UpkeepOptions
  readonly #after: After
  /** Counts how often it began or stopped: what belongs to an earlier time is let go. */
  #turn = 0
  #cancel: (() => void) | undefined
  #settled: Promise<void> = Promise.resolve()

  constructor(options: UpkeepOptions) {
    this.#options = options
    this.#after = options.after ?? afterMs
  }

  /** Resolves when the preparation that goes on has ended, however; at once where none does. */
  get settled(): Promise<void> {
    return this.#settled
  }

  /** It is connected (anew). */
  begin(): void {
    this.stop()
    const turn = this.#turn
    this.#settled = this.#prepare(turn, 0)
  }

  /** It is not connected any more. */
  stop(): void {
    this.#turn++
    this.#cancel?.()
    this.#settled = Promise.resolve()
  }

  async #prepare(turn: number, failures: number): Promise<void> {
    try {
      await this.#inTime(this.#options.prepare())
      if (turn !== this.#turn) return
      this.#options.onReady()
      this.#lookLater(turn)
    } catch (error) {
      if (turn !== this.#turn) return
      this.#options.onFailed(error)
      const retry = () => {
        this.#settled = this.#prepare(turn, failures + 1)
      }
      this.#cancel = this.#after(Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** failures), retry)
    }
  }

  #lookLater(turn: number): void {
    this.#cancel = this.#after(LOOK_MS, () => void this.#look(turn))
  }

  async #look(turn: number): Promise<void> {
    try {
      await this.#inTime(this.#options.look())
      if (turn === this.#turn) this.#lookLater(turn)
    } catch (error) {
      if (turn !== this.#turn) return
      this.#options.onFailed(error)
      this.#settled = this.#prepare(turn, 0)
    }
  }

  #inTime(work: Promise<void>): Promise<void> {
    const late = () => new Error(`it did not answer within ${LIMIT_MS} ms`)
    // It may wait behind an upload: on a slow link that may take any time.
    return within(work, { ms: LIMIT_MS, late, progress: this.#options.taken, after: this.#after })
  }
}
