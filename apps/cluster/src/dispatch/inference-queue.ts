import type { ContainerSlot } from './container-slot'
import type { DispatchRequest } from './dispatch-request'
import type { Subscription } from './subscription'

/** How the requests of one inference are treated. Times in ms, Infinity for never. */
export interface QueueSettings {
  name: string
  /** Of the container config it belongs to. */
  configName: string
  /** False: every request is 403. */
  acceptsInput: boolean
  /** True: the cluster itself answers with what it was sent. */
  loop: boolean
  sendTimeoutMs: number
  responseTimeoutMs: number
  limit: number
  limitBytes: number
}

/** Requests that wait for a credit, first come first served. Knows no socket and no clock. */
export class InferenceQueue {
  readonly subscriptions: Subscription[] = []
  private head: DispatchRequest | undefined
  private tail: DispatchRequest | undefined
  private count = 0
  private countBytes = 0
  private turn = 0
  /** Requests of this inference that containers hold. */
  inFlight = 0

  constructor(public settings: QueueSettings) {}

  get waiting(): number {
    return this.count
  }

  get waitingBytes(): number {
    return this.countBytes
  }

  get oldest(): DispatchRequest | undefined {
    return this.head
  }

  hasRoomFor(request: DispatchRequest): boolean {
    return this.count < this.settings.limit && this.countBytes + request.bytes <= this.settings.limitBytes
  }

  enqueue(request: DispatchRequest): void {
    request.previous = this.tail
    request.next = undefined
    if (this.tail) this.tail.next = request
    else this.head = request
    this.tail = request
    this.count++
    this.countBytes += request.bytes
  }

  remove(request: DispatchRequest): void {
    const { previous, next } = request
    if (previous) previous.next = next
    else this.head = next
    if (next) next.previous = previous
    else this.tail = previous
    request.previous = undefined
    request.next = undefined
    this.count--
    this.countBytes -= request.bytes
  }

  /** The container that should get the next request: most free credits, then whose turn it is; undefined when none has one. */
  pickContainer(): ContainerSlot | undefined {
    const length = this.subscriptions.length
    let best: ContainerSlot | undefined
    let bestFree = 0
    for (let i = 0; i < length; i++) {
      const subscription = this.subscriptions[(this.turn + i) % length] as Subscription
      if (subscription.paused) continue
      const free = subscription.container.free
      if (free > bestFree) {
        best = subscription.container
        bestFree = free
      }
    }
    if (best) this.turn = (this.turn + 1) % length
    return best
  }

  /** Oldest first. */
  *[Symbol.iterator](): Iterator<DispatchRequest> {
    for (let request = this.head; request; request = request.next) yield request
  }
}
