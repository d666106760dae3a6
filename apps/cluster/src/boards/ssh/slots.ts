import { setTimeout as sleep } from 'node:timers/promises'

/** Work that is refused though it is alone is tried again after so many ms, so often: what has just ended here may not have ended there. */
const ALONE_PAUSE_MS = 100
const ALONE_TRIES = 10

/** Lets so much work go on at once; what comes beyond waits, first come first served. */
export class Slots {
  #limit: number
  readonly #isFull: (error: unknown) => boolean
  readonly #pause: () => Promise<unknown>
  #taken = 0
  readonly #waiting = new Set<() => void>()

  /** @param isFull - whether work has failed, with nothing done, only because so much does not go on at once after all */
  constructor(
    limit: number,
    isFull: (error: unknown) => boolean = () => false,
    pause: () => Promise<unknown> = () => sleep(ALONE_PAUSE_MS),
  ) {
    this.#limit = limit
    this.#isFull = isFull
    this.#pause = pause
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
    for (let alone = 0; ; ) {
      signal?.throwIfAborted()
      if (this.#taken < this.#limit) this.#taken++
      else await this.#turn(signal)
      try {
        return await work()
      } catch (error) {
        if (!this.#isFull(error)) throw error
        if (this.#taken > 1) this.#limit = this.#taken - 1
        else if (++alone < ALONE_TRIES) await this.#pause()
        // It fails for another reason.
        else throw error
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
