import type { BoardContainer, ContainerExit } from '../board'

/** Exits kept for a handler that is still to come; the oldest goes first. */
const MAX_WAITING = 16

/** Tells exits in a later turn, so that whoever sets the handler after `create` has resolved misses none. */
export class ExitQueue {
  readonly #onError: (error: unknown) => void
  #handler: BoardContainer['onExit']
  #waiting: ContainerExit[] = []

  /** @param onError - gets what the handler throws */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  get handler(): BoardContainer['onExit'] {
    return this.#handler
  }

  set handler(handler: BoardContainer['onExit']) {
    this.#handler = handler
    setImmediate(() => this.#deliver())
  }

  push(exit: ContainerExit): void {
    this.#waiting.push(exit)
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift()
    setImmediate(() => this.#deliver())
  }

  /** What has not been told is forgotten, and nothing is told any more. */
  close(): void {
    this.#handler = undefined
    this.#waiting = []
  }

  #deliver(): void {
    const handler = this.#handler
    if (!handler) return
    for (const exit of this.#waiting.splice(0)) {
      try {
        handler(exit)
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}
