import { type AIClusterError, clusterError } from '@aicluster/protocol'
import { NumberTable } from '@aicluster/transport'
import type { ReceivedRequest } from './received-request'

interface Waiter {
  resolve(request: ReceivedRequest): void
  reject(error: AIClusterError): void
  timer: NodeJS.Timeout | undefined
}

/** Requests between their arrival and their answer: those that wait for the program, and all that are in hand. */
export class RequestIntake {
  /** Everything that has no answer yet, by request number. */
  readonly inHand = new NumberTable<ReceivedRequest>()
  private readonly backlog: ReceivedRequest[] = []
  private readonly waiters: Waiter[] = []
  private end: AIClusterError | undefined

  /**
   * @param onTaken - the program has got one
   * @param onBacklog - one waits for the program
   */
  constructor(
    private readonly onTaken: () => void,
    private readonly onBacklog: () => void,
  ) {}

  /** Whether somebody waits for the answer of anything in hand. */
  get hasWanted(): boolean {
    return this.inHand.values().some(({ isCancelled }) => !isCancelled)
  }

  add(request: ReceivedRequest): void {
    this.inHand.set(request.number, request)
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
      const waiter: Waiter = { resolve, reject, timer: undefined }
      if (timeoutMs > 0) {
        waiter.timer = setTimeout(() => {
          this.waiters.splice(this.waiters.indexOf(waiter), 1)
          reject(clusterError('receiveTimeout', { detail: `no request within ${timeoutMs} ms`, details: { timeout: timeoutMs } }))
        }, timeoutMs)
      }
      this.waiters.push(waiter)
    })
  }

  /** The request that this answer is for, while it has none. */
  held(number: number): ReceivedRequest | undefined {
    return this.inHand.get(number)
  }

  finish(request: ReceivedRequest): void {
    this.inHand.delete(request.number)
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
    for (const { timer, reject } of this.waiters.splice(0)) {
      clearTimeout(timer)
      reject(this.end)
    }
  }

  /** Nothing can be answered any more. */
  clear(): void {
    this.backlog.length = 0
    this.inHand.clear()
  }

  private taken(request: ReceivedRequest): ReceivedRequest {
    request.takenAtMs = performance.now()
    this.onTaken()
    return request
  }
}
