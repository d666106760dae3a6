import { type AIClusterError, clusterError } from '@aicluster/protocol'
import { NumberTable } from '@aicluster/transport'
import type { ReceivedRequest } from './received-request'

interface Waiter {
  resolve(request: ReceivedRequest): void
  /** No request will come; undefined: none came in time. */
  giveUp(end: AIClusterError | undefined): void
  timer: NodeJS.Timeout | undefined
}

/** How requests are gathered. */
export interface BatchOptions {
  max: number
  /** How long to wait for more after the first, in ms. */
  waitMs: number
  /** How long to wait for the first, in ms; 0: for ever. */
  timeoutMs: number
  /** How many may be in hand at once: while so many are, none can come. */
  credits(): number
}

/** Requests between their arrival and their answer: those that wait for the program, and all that are in hand. */
export class RequestIntake {
  /** Everything that has no answer yet, by request number. */
  readonly inHand = new NumberTable<ReceivedRequest>()
  private readonly backlog: ReceivedRequest[] = []
  private readonly waiters: Waiter[] = []
  private end: AIClusterError | undefined
  /** Requests in hand whose answer is read in parts. */
  streams = 0

  /**
   * @param onTaken - the program has got one
   * @param onBacklog - one waits for the program
   */
  constructor(
    private readonly onTaken: (request: ReceivedRequest) => void,
    private readonly onBacklog: () => void,
  ) {}

  /** Whether somebody waits for the answer of anything in hand. */
  get hasWanted(): boolean {
    return this.inHand.values().some(({ isCancelled }) => !isCancelled)
  }

  add(request: ReceivedRequest): void {
    this.inHand.set(request.number, request)
    if (request.parts) this.streams++
    const waiter = this.waiters.shift()
    if (waiter) {
      clearTimeout(waiter.timer)
      waiter.resolve(this.taken(request))
    } else {
      this.backlog.push(request)
      this.onBacklog()
    }
  }

  /** The oldest that the program has not got yet: from now on it has. */
  take(): ReceivedRequest | undefined {
    const request = this.backlog.shift()
    return request && this.taken(request)
  }

  /**
   * The next request, when it comes.
   * @param timeoutMs - how long to wait; 0: for ever
   * @throws ContainerReceiveTimeoutError (401); ConnectionFailedError (111) when no more will come
   */
  next(timeoutMs: number): Promise<ReceivedRequest> {
    const waiting = this.take()
    if (waiting) return Promise.resolve(waiting)
    if (this.end) return Promise.reject(this.end)
    return new Promise((resolve, reject) => {
      const inTime = () => clusterError('receiveTimeout', { detail: `no request within ${timeoutMs} ms`, details: { timeout: timeoutMs } })
      this.wait({ resolve, giveUp: (end) => reject(end ?? inTime()), timer: undefined }, timeoutMs)
    })
  }

  /**
   * The next request, when it comes, and up to `max` in all of those that are there then, or come within `waitMs`.
   * @throws as {@link next}
   */
  async nextBatch({ max, waitMs, timeoutMs, credits }: BatchOptions): Promise<ReceivedRequest[]> {
    const batch = [this.take() ?? (await this.next(timeoutMs))]
    const endsAtMs = performance.now() + waitMs
    while (batch.length < max) {
      const request = this.take() ?? (this.inHand.size < credits() ? await this.within(endsAtMs - performance.now()) : undefined)
      if (!request) break
      batch.push(request)
    }
    return batch
  }

  /** The request that this answer is for, while it has none. */
  held(number: number): ReceivedRequest | undefined {
    return this.inHand.get(number)
  }

  finish(request: ReceivedRequest): void {
    if (this.inHand.delete(request.number) && request.parts) this.streams--
  }

  /**
   * Nobody waits for it any more.
   * @returns the request if the program has not got it: it never will, and has to be answered
   */
  cancel(number: number): ReceivedRequest | undefined {
    const request = this.inHand.get(number)
    request?.cancel()
    const at = request ? this.backlog.indexOf(request) : -1
    return at < 0 ? undefined : this.backlog.splice(at, 1)[0]
  }

  /** Nothing more will come: whoever waits for a request hears so. What has come already can still be taken. */
  close(reason: string): void {
    this.end ??= clusterError('connectionFailed', { detail: reason })
    for (const { timer, giveUp } of this.waiters.splice(0)) {
      clearTimeout(timer)
      giveUp(this.end)
    }
  }

  /** Nothing can be answered any more. */
  clear(): void {
    this.backlog.length = this.streams = 0
    for (const { parts } of this.inHand.values()) parts?.end(this.end ?? clusterError('connectionFailed'))
    this.inHand.clear()
  }

  /** The next request if it comes in time. */
  private within(limitMs: number): Promise<ReceivedRequest | undefined> {
    if (limitMs <= 0 || this.end) return Promise.resolve(undefined)
    return new Promise((resolve) => this.wait({ resolve, giveUp: () => resolve(undefined), timer: undefined }, limitMs))
  }

  private wait(waiter: Waiter, limitMs: number): void {
    if (limitMs > 0) {
      waiter.timer = setTimeout(() => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1)
        waiter.giveUp(undefined)
      }, limitMs)
    }
    this.waiters.push(waiter)
  }

  private taken(request: ReceivedRequest): ReceivedRequest {
    request.takenAtMs = performance.now()
    this.onTaken(request)
    return request
  }
}
