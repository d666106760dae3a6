import type { AIClusterError } from '@aicluster/protocol'
import type { PublishedResult } from './read-publication'

interface Waiter {
  resolve(result: IteratorResult<PublishedResult, undefined>): void
  reject(error: AIClusterError): void
}

const DONE: IteratorResult<PublishedResult, undefined> = { done: true, value: undefined }

/**
 * What a source publishes, as it comes: read it with `for await`. It lasts over restarts of containers and manager, with a gap. Leaving
 * the loop, `return()` or `await using` end it. It throws, once, when it ends by itself:
 * - InferenceNameNotFoundError (300): the inference was unloaded
 * - InvalidArgumentError (302): it is no source any more
 * - RequestAbortedError (312): through `signal`
 * - SocketConnectionError (110): the application's key was revoked
 * - ConnectionFailedError (111): the connection was released, or did not come back within `reconnectTimeoutMs`
 *
 * Ours.
 */
export class Subscription implements AsyncIterableIterator<PublishedResult, undefined>, AsyncDisposable {
  private readonly buffer: PublishedResult[] = []
  private readonly waiters: Waiter[] = []
  /** @internal stops listening to the caller's signal */
  unlisten: (() => void) | undefined
  private failure: AIClusterError | undefined
  private ended = false
  private droppedCount = 0

  /**
   * @internal
   * @param onEnd - whoever reads wants nothing more
   */
  constructor(
    /** The source. */
    readonly inferenceName: string,
    /** Results that may wait for the reader; then the oldest is dropped. */
    private readonly limit: number,
    private readonly onEnd: (subscription: Subscription) => Promise<void>,
  ) {}

  /** Results that were dropped here because the reader was slow. What the cluster has dropped on the way is in its metrics. */
  get dropped(): number {
    return this.droppedCount
  }

  /** Results that wait for the reader. */
  get waiting(): number {
    return this.buffer.length
  }

  /** The next result; rejects once if the subscription has ended by itself. */
  next(): Promise<IteratorResult<PublishedResult, undefined>> {
    const value = this.buffer.shift()
    if (value) return Promise.resolve({ done: false, value })
    const { failure } = this
    if (failure) {
      this.failure = undefined
      return Promise.reject(failure)
    }
    if (this.ended) return Promise.resolve(DONE)
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }))
  }

  /** End it: what waits for the reader is dropped. Resolves when the cluster knows; never rejects. */
  async return(): Promise<IteratorResult<PublishedResult, undefined>> {
    this.buffer.length = 0
    this.failure = undefined
    if (!this.ended) {
      this.ended = true
      this.unlisten?.()
      for (const { resolve } of this.waiters.splice(0)) resolve(DONE)
      await this.onEnd(this)
    }
    return DONE
  }

  /** {@link Subscription.return}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this
  }

  /** @internal */
  push(value: PublishedResult): void {
    if (this.ended) return
    const waiter = this.waiters.shift()
    if (waiter) return waiter.resolve({ done: false, value })
    if (this.buffer.length >= this.limit) {
      this.buffer.shift()
      this.droppedCount++
    }
    this.buffer.push(value)
  }

  /** @internal nothing more will come; what has come can still be read */
  fail(error: AIClusterError): void {
    if (this.ended) return
    this.ended = true
    this.unlisten?.()
    const [first, ...others] = this.waiters.splice(0)
    if (first) first.reject(error)
    else this.failure = error
    for (const { resolve } of others) resolve(DONE)
  }
}
