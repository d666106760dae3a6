/** Lets so much work go on at once; what comes beyond waits, first come first served. */
export class Slots {
  #limit: number
  readonly #isFull: (error: unknown) => boolean
  #taken = 0
  readonly #waiting = new Set<() => void>()

  /** @param isFull - whether work has failed, with nothing done, only because so much does not go on at once after all */
  constructor(limit: number, isFull: (error: unknown) => boolean = () => false) {
    this.#limit = limit
    this.#isFull = isFull
  }

  get limit(): number {
    return this.#limit
  }

  /** What goes on already is left alone. */
  set limit(limit: number) {
    this.#limit = limit
    this.#next()
  }

  /** @throws what the work throws; the signal's reason when it is aborted before the work has begun */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      signal?.throwIfAborted()
      if (this.#taken < this.#limit) this.#taken++
      else await this.#turn(signal)
      try {
        return await work()
      } catch (error) {
        // Alone it failed for another reason.
        if (this.#taken === 1 || !this.#isFull(error)) throw error
        this.#limit = this.#taken - 1
      } finally {
        this.#taken--
        this.#next()
      }
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => {
        this.#waiting.delete(begin)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(begin)
    })
  }

  #next(): void {
    for (const begin of this.#waiting) {
      if (this.#taken >= this.#limit) return
      this.#waiting.delete(begin)
      this.#taken++
      begin()
    }
  }
}
