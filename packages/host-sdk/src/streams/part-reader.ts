import { type AIClusterError, clusterError, ERROR_CODES, type InferenceResponse } from '@aicluster/protocol'
import type { InferenceResult } from '../requests/inference-result'
import type { OutcomeReceiver } from '../requests/open-request'

/**
 * The answer to one request in parts: read them with `for await`, once. Ours.
 *
 * The container waits for a reader that is behind: 16 parts, or 1 MB of them, may lie unread. Leaving the loop tells the container that
 * nobody waits any more (312).
 */
export interface InferenceStream extends AsyncIterable<unknown> {
  /**
   * What the container sent after the last part. Resolves once every part was read; rejects with the error that ends the stream, which
   * the loop throws too, after the parts before it, and with 312 when the loop is left before. Need not be awaited.
   */
  readonly result: Promise<InferenceResult>
}

/** What a reader tells of itself. */
export interface ReaderEvents {
  /** It has taken parts, and perhaps waits for the next one. */
  onTaken(): void
  /** It has left before the end. */
  onLeft(): void
}

interface Waiter {
  resolve(next: IteratorResult<unknown>): void
  reject(error: AIClusterError): void
}

const DONE: IteratorResult<unknown> = { done: true, value: undefined }

/** Parts between their arrival and the loop that reads them, and how it ends. Knows no wire. */
export class PartReader implements InferenceStream, AsyncIterator<unknown>, OutcomeReceiver {
  readonly result: Promise<InferenceResult>
  /** As a receiver of outcomes: this one gets parts before. */
  readonly reader = this
  events: ReaderEvents | undefined
  /** Parts that were taken, in all. */
  taken = 0
  /** Bytes of those, as they travelled. */
  takenBytes = 0
  private readonly unread: { value: unknown; bytes: number }[] = []
  private readonly waiters: Waiter[] = []
  private ending: InferenceResult | undefined
  /** To be thrown once by the loop. */
  private failure: AIClusterError | undefined
  private ended = false
  private resolveResult!: (result: InferenceResult) => void
  private rejectResult!: (error: AIClusterError) => void

  constructor() {
    this.result = new Promise((resolve, reject) => {
      this.resolveResult = resolve
      this.rejectResult = reject
    })
    // Who only reads the parts hears of an error there.
    this.result.catch(() => {})
  }

  /** Whether somebody waits for the next part. */
  get isWaiting(): boolean {
    return this.waiters.length > 0
  }

  /** The next part has come. */
  push(value: unknown, bytes: number): void {
    if (this.ended) return
    const waiter = this.waiters.shift()
    if (!waiter) return void this.unread.push({ value, bytes })
    this.take(bytes)
    waiter.resolve({ done: false, value })
  }

  onResult(result: unknown, response: InferenceResponse): void {
    if (this.ended) return
    this.ended = true
    this.ending = { result, response }
    this.endIfRead()
  }

  onError(error: AIClusterError): void {
    if (this.ended) return
    this.ended = true
    this.rejectResult(error)
    // Who gives up wants the rest no more.
    if (error.code === ERROR_CODES.requestAborted.code) this.unread.length = 0
    const waiter = this.waiters.shift()
    if (waiter) waiter.reject(error)
    else this.failure = error
    this.endIfRead()
  }

  next(): Promise<IteratorResult<unknown>> {
    const part = this.unread.shift()
    if (part) {
      this.take(part.bytes)
      this.endIfRead()
      return Promise.resolve({ done: false, value: part.value })
    }
    const { failure } = this
    if (failure) {
      this.failure = undefined
      return Promise.reject(failure)
    }
    if (this.ended) return Promise.resolve(DONE)
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject })
      this.events?.onTaken()
    })
  }

  /** The loop is left. */
  return(): Promise<IteratorResult<unknown>> {
    // Whatever has come meanwhile: who has not read every part gets no result.
    if (this.ending && this.unread.length > 0) this.rejectResult(loopLeft(this.ending.response))
    this.unread.length = 0
    if (!this.ended) this.events?.onLeft()
    this.failure = undefined
    return Promise.resolve(DONE)
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return this
  }

  private take(bytes: number): void {
    this.taken++
    this.takenBytes += bytes
    this.events?.onTaken()
  }

  private endIfRead(): void {
    if (!this.ended || this.unread.length > 0) return
    if (this.ending) this.resolveResult(this.ending)
    for (const { resolve } of this.waiters.splice(0)) resolve(DONE)
  }
}

/** The error of a stream whose loop was left before its end. */
export const loopLeft = ({ inferenceName, requestNo }: { inferenceName: string; requestNo?: string | undefined }): AIClusterError =>
  clusterError('requestAborted', { detail: `${inferenceName}: the loop over its parts was left`, requestNo })
