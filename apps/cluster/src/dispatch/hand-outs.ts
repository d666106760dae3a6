import type { ContainerSlot } from './container-slot'
import type { DispatchEffects } from './dispatch-effects'
import type { DispatchRequest } from './dispatch-request'
import type { InferenceQueue } from './inference-queue'
import type { RequestDeadlines } from './request-deadlines'
import type { RequestLedger } from './request-ledger'

/**
 * Requests on their way from a queue to a container, and back.
 *
 * Between two calls no container has a free credit for a request that waits, except for one whose number it holds already:
 * a container that came back may still be busy with an earlier attempt of what waits again.
 */
export class HandOuts {
  constructor(
    private readonly now: () => number,
    private readonly queues: ReadonlyMap<string, InferenceQueue>,
    private readonly deadlines: RequestDeadlines,
    private readonly ledger: RequestLedger,
    private readonly effects: DispatchEffects,
  ) {}

  /** Give a container whatever it may get: the oldest that waits in any of its queues, as long as a credit is free. */
  refill(container: ContainerSlot): void {
    while (container.free > 0) {
      let oldest: DispatchRequest | undefined
      for (const { queue, paused } of container.subscriptions) {
        const first = paused ? undefined : queue.firstFor(container)
        if (first && (!oldest || first.order < oldest.order)) oldest = first
      }
      if (!oldest) return
      this.give(container, oldest)
    }
  }

  /** A request waits again: a container that has a free credit gets it. */
  offer(request: DispatchRequest): void {
    const container = request.queue.pickContainer(request.number)
    if (container) this.give(container, request)
  }

  /** The container gets it. It does not wait (any more), and the container holds nothing of its number. */
  handOut(container: ContainerSlot, request: DispatchRequest, nowMs: number): void {
    const kept = request.state === 'queued'
    this.place(container, request, nowMs)
    this.effects.handOut(container, request)
    this.keepForRedelivery(request, kept)
  }

  /** The container has it already, and the manager gets to know of it. */
  adopt(container: ContainerSlot, request: DispatchRequest): void {
    this.place(container, request, request.arrivedAtMs)
    this.keepForRedelivery(request, false)
  }

  /** Whether it can be handed out once more: its data is still here, and its inference still registered. */
  mayRepeat({ hasData, queue }: DispatchRequest): boolean {
    return hasData && this.queues.get(queue.settings.name) === queue
  }

  /** Back to its place in its queue, whatever that one's limits; it still has its data. */
  putBack(request: DispatchRequest): void {
    this.leave(request)
    request.state = 'queued'
    request.container = undefined
    request.startedAtMs = 0
    request.queue.putBack(request)
    this.deadlines.armWait(request, this.now())
  }

  /** The container does not hold it any more, and it is not handed out again. */
  letGo(request: DispatchRequest): void {
    this.leave(request)
    request.dropData()
    request.state = 'done'
  }

  private leave(request: DispatchRequest): void {
    this.deadlines.disarm(request)
    request.queue.inFlight--
  }

  private give(container: ContainerSlot, request: DispatchRequest): void {
    const nowMs = this.now()
    // The clock may be ahead of the last tick: what is over is not begun.
    if (request.deadlineMs <= nowMs) return this.ledger.timeOutQueued(request)
    this.deadlines.disarm(request)
    request.queue.remove(request)
    this.handOut(container, request, nowMs)
  }

  private place(container: ContainerSlot, request: DispatchRequest, nowMs: number): void {
    request.state = 'sent'
    request.container = container
    request.sentAtMs = nowMs
    request.stream?.begin(nowMs)
    request.queue.inFlight++
    container.inFlight.set(request.number, request)
    this.deadlines.armResponse(request)
  }

  /** @param kept - its bytes are its own already */
  private keepForRedelivery(request: DispatchRequest, kept: boolean): void {
    if (request.attempt > 0 || !request.queue.settings.redeliver) request.dropData()
    else if (!kept) this.effects.keep(request)
  }
}
