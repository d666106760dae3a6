import { type AIClusterError, clusterError } from '@aicluster/protocol'

/** What may be open at once. */
export interface SendLimits {
  /** Requests without an outcome. */
  maxPending: number
  /** Their data and params, in bytes. One larger than this goes alone. */
  maxPendingBytes: number
}

/** What `waitForRoom` allows for a param beside the data, in bytes. */
const PARAM_ALLOWANCE_BYTES = 1024

interface Asker {
  bytes: number
  resolve(): void
  reject(error: AIClusterError): void
}

/** How much is open, how much may be, and who asks to be told when there is room. */
export class SendRoom {
  private count = 0
  private bytes = 0
  private askers: Asker[] = []
  /** What was promised in this turn of the event loop; whoever took it counts twice until the turn is over. */
  private promised = 0
  private promisedBytes = 0
  private looking = false

  /**
   * @param lineSize - how many requests stand in line for room: whoever asks comes after them
   * @param mayGo - whether anything could be sent
   */
  constructor(
    private readonly limits: SendLimits,
    private readonly lineSize: () => number,
    private readonly mayGo: () => boolean,
  ) {}

  /** Whether a request of so many bytes fits beside what is open. */
  fits(bytes: number): boolean {
    return this.fitsBeside(this.count, this.bytes, bytes)
  }

  take(bytes: number): void {
    this.count++
    this.bytes += bytes
  }

  give(bytes: number): void {
    this.count--
    this.bytes -= bytes
    this.look()
  }

  /**
   * Resolves when a request with so many bytes of data would neither wait nor be refused.
   * @param givenUp - aborts when nobody waits any more; it then never settles
   */
  whenFree(dataBytes: number, givenUp?: AbortSignal): Promise<void> {
    const bytes = dataBytes + PARAM_ALLOWANCE_BYTES
    if (this.askers.length === 0 && this.promise(bytes)) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const asker = { bytes, resolve, reject }
      this.askers.push(asker)
      givenUp?.addEventListener('abort', () => this.leave(asker))
      this.look()
    })
  }

  /** There will be no room any more. */
  close(error: AIClusterError): void {
    const { askers } = this
    this.askers = []
    for (const { reject } of askers) reject(error)
  }

  /** 305 for a request that would have to wait and cannot. */
  full(bytes: number): AIClusterError {
    const { count, limits } = this
    const waiting = this.lineSize()
    const detail =
      `${count} requests with ${this.bytes} bytes are open and ${waiting} wait for room, this one has ${bytes} bytes; ` +
      `maxPending is ${limits.maxPending}, maxPendingBytes is ${limits.maxPendingBytes}: await waitForRoom() first, or raise them in connect()`
    const details = { openRequests: count, openBytes: this.bytes, waitingRequests: waiting, bytes, ...limits }
    return clusterError('sendQueueFull', { detail, details })
  }

  /** Somebody may have room now: they are told at the end of the turn. */
  look(): void {
    if (this.askers.length > 0) this.lookAtEndOfTurn()
  }

  /** Whoever stands behind it moves up. */
  private leave(asker: Asker): void {
    this.askers = this.askers.filter((other) => other !== asker)
    this.look()
  }

  /** What was promised in the turn before is taken by now, or not wanted: the others are told of what is left. */
  private readonly tell = (): void => {
    this.looking = false
    this.promised = this.promisedBytes = 0
    let told = 0
    for (const { bytes, resolve } of this.askers) {
      if (!this.promise(bytes)) break
      resolve()
      told++
    }
    this.askers.splice(0, told)
  }

  /** Whether there is room for one more beside what is open, and what others have been promised in this turn and not yet taken. */
  private promise(bytes: number): boolean {
    const { promised, promisedBytes } = this
    if (this.lineSize() > 0 || !this.mayGo() || !this.fitsBeside(this.count + promised, this.bytes + promisedBytes, bytes)) return false
    this.promised++
    this.promisedBytes += bytes
    this.lookAtEndOfTurn()
    return true
  }

  private lookAtEndOfTurn(): void {
    if (this.looking) return
    this.looking = true
    setImmediate(this.tell)
  }

  private fitsBeside(count: number, openBytes: number, bytes: number): boolean {
    const { maxPending, maxPendingBytes } = this.limits
    return count < maxPending && (openBytes === 0 || openBytes + bytes <= maxPendingBytes)
  }
}
