import { type After, afterMs } from '../within'

/** Until what has failed is tried again, in ms; each further failure doubles it. */
const RETRY_FIRST_MS = 2_000
const RETRY_MAX_MS = 60_000

/**
 * One board on its way to what is registered there:
 *
 * ```
 *  down ──up()──► settling ──all well──► settled
 *                  ▲    │                   │ again(): something has failed there
 *         time over│    │something failed   ▼
 *                  └────┴───────────────► waiting   2 s, 4 s, … 60 s
 * ```
 *
 * From everywhere `down()` leads to down, and `wake()` to settling where it is up.
 */
export class Settling {
  #up = false
  #run: Promise<void> | undefined
  /** What follows the run that is under way. */
  #next: 'nothing' | 'again' | 'at once' = 'nothing'
  #failures = 0
  #waiting: { ms: number; cancel: () => void } | undefined

  /** @param settle - brings the board in line; returns whether all of it is, and never fails */
  constructor(
    private readonly settle: () => Promise<boolean>,
    private readonly after: After = afterMs,
  ) {}

  up(): void {
    this.#up = true
    this.#failures = 0
    this.wake()
  }

  down(): void {
    this.#up = false
    this.#next = 'nothing'
    this.#stopWaiting()
  }

  /** What kept a part of it from being looked at is over. */
  wake(): void {
    if (!this.#up) return
    this.#stopWaiting()
    if (this.#run) this.#next = 'at once'
    else this.#run = Promise.resolve().then(() => this.#settle())
  }

  again(): void {
    if (!this.#up) return
    if (this.#run) {
      if (this.#next === 'nothing') this.#next = 'again'
    } else if (!this.#waiting || this.#waiting.ms > RETRY_FIRST_MS) this.#wait(RETRY_FIRST_MS)
  }

  /** Resolves once it is not settling, however that has ended; at once where it is not. */
  async ended(): Promise<void> {
    while (this.#run) await this.#run
  }

  async #settle(): Promise<void> {
    let well: boolean
    do {
      this.#next = 'nothing'
      well = await this.settle()
    } while (this.#follows('at once'))
    this.#run = undefined
    if (!this.#up) return
    if (well && this.#follows('nothing')) this.#failures = 0
    else this.#wait(Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#failures++))
  }

  #follows(next: 'nothing' | 'at once'): boolean {
    return this.#next === next
  }

  #wait(ms: number): void {
    this.#stopWaiting()
    this.#waiting = { ms, cancel: this.after(ms, () => this.wake()) }
  }

  #stopWaiting(): void {
    this.#waiting?.cancel()
    this.#waiting = undefined
  }
}
