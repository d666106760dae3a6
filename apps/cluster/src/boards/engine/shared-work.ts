import type { BoardWork } from '../board'

interface Shared<T> {
  result: Promise<T>
  workers: Set<BoardWork>
  giveUp: AbortController
  /** The last that was told, for those who come later. */
  last: [number, number] | undefined
}

/** One piece of work that several wait for at once: it is given up when the last of them has given it up. */
export class SharedWork<T> {
  readonly #under = new Map<string, Shared<T>>()

  /** Do it, or wait with whoever does it already. @throws the signal's reason; what the work throws */
  async run(key: string, work: BoardWork, start: (work: BoardWork) => Promise<T>): Promise<T> {
    work.signal?.throwIfAborted()
    const shared = this.#under.get(key) ?? this.#begin(key, start)
    shared.workers.add(work)
    if (shared.last) work.onBytes?.(...shared.last)
    const { promise: aborted, reject } = withReject()
    const onAbort = () => {
      shared.workers.delete(work)
      reject(work.signal?.reason)
      if (shared.workers.size > 0) return
      // Somebody who comes now begins anew.
      if (this.#under.get(key) === shared) this.#under.delete(key)
      shared.giveUp.abort(work.signal?.reason)
    }
    work.signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([shared.result, aborted])
    } finally {
      work.signal?.removeEventListener('abort', onAbort)
      shared.workers.delete(work)
    }
  }

  #begin(key: string, start: (work: BoardWork) => Promise<T>): Shared<T> {
    const giveUp = new AbortController()
    const workers = new Set<BoardWork>()
    const shared: Shared<T> = { workers, giveUp, last: undefined, result: undefined as unknown as Promise<T> }
    this.#under.set(key, shared)
    const onBytes = (done: number, total: number) => {
      shared.last = [done, total]
      for (const worker of workers) worker.onBytes?.(done, total)
    }
    const onPhase: BoardWork['onPhase'] = (phase) => {
      for (const worker of workers) worker.onPhase?.(phase)
    }
    // A turn later: whoever began it hears all of it.
    shared.result = Promise.resolve()
      .then(() => start({ signal: giveUp.signal, onBytes, onPhase }))
      .finally(() => {
        if (this.#under.get(key) === shared) this.#under.delete(key)
      })
    shared.result.catch(() => {})
    return shared
  }
}

function withReject(): { promise: Promise<never>; reject(reason: unknown): void } {
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<never>((_, no) => {
    reject = no
  })
  promise.catch(() => {})
  return { promise, reject }
}
