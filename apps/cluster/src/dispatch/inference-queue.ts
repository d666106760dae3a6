import type { ContainerSlot } from './container-slot'
import type { DispatchRequest } from './dispatch-request'
import { inferenceFigures } from './inference-figures'
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
  /** True: the outcome of a request is that a container's program has taken it. */
  sink: boolean
  /** True: its containers publish results that nobody has asked for. */
  source: boolean
  /** Whether a request whose container goes is handed out once more. */
  redeliver: boolean
  sendTimeoutMs: number
  responseTimeoutMs: number
  limit: number
  limitBytes: number
}

/** Requests that wait for a credit, first come first served. Knows no socket and no clock. */
export class InferenceQueue {
  readonly subscriptions: Subscription[] = []
  /** What has happened to its requests. */
  readonly figures = inferenceFigures()
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
    this.insertBefore(undefined, request)
  }

  /** One that was handed out comes back: ahead of all that were not, in the order of arrival among those that were. */
  putBack(request: DispatchRequest): void {
    let next = this.head
    while (next && next.order < request.order) next = next.next
    this.insertBefore(next, request)
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
    request.owner.waiting--
  }

  /** The oldest that this container may get: it gets none of a number that it holds. */
  firstFor({ inFlight }: ContainerSlot): DispatchRequest | undefined {
    let request = this.head
    while (request && inFlight.has(request.number)) request = request.next
    return request
  }

  /** The container that should get the request of this number: most free credits, then whose turn it is; undefined when none may get it. */
  pickContainer(number: number): ContainerSlot | undefined {
    const length = this.subscriptions.length
    let best: ContainerSlot | undefined
    let bestFree = 0
    for (let i = 0; i < length; i++) {
      const subscription = this.subscriptions[(this.turn + i) % length] as Subscription
      if (subscription.paused) continue
      const { container } = subscription
      const { free } = container
      if (free > bestFree && !container.inFlight.has(number)) {
        best = container
        bestFree = free
      }
    }
    if (best) this.turn = (this.turn + 1) % length
    return best
  }

  private insertBefore(next: DispatchRequest | undefined, request: DispatchRequest): void {
    const previous = next ? next.previous : this.tail
    request.previous = previous
    request.next = next
    if (previous) previous.next = request
    else this.head = request
    if (next) next.previous = request
    else this.tail = request
    this.count++
    this.countBytes += request.bytes
    request.owner.waiting++
  }

  /** Oldest first. */
  *[Symbol.iterator](): Iterator<DispatchRequest> {
    for (let request = this.head; request; request = request.next) yield request
  }
}
