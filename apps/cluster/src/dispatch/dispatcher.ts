import type { ErrorKey } from '@aicluster/protocol'
import type { ContainerSlot } from './container-slot'
import { DeadlineWheel } from './deadline-wheel'
import type { DispatchRequest, RequestOwner } from './dispatch-request'
import { InferenceQueue, type QueueSettings } from './inference-queue'
import { describeDisconnect, describeFull, describeOwnTimeout, describeResponseTimeout, describeSendTimeout } from './outcome-details'
import { subscribe, unsubscribeContainer, unsubscribeQueue } from './subscription'

/** What the dispatcher makes happen. Called at once, within the call that caused it: an effect must neither throw nor call the dispatcher. */
export interface DispatchEffects {
  /** Send the request to the container; its data is dropped when this returns. */
  handOut(container: ContainerSlot, request: DispatchRequest): void
  /** The request ends with this error. */
  fail(request: DispatchRequest, key: ErrorKey, detail: string): void
  /** The request's outcome is what it was sent. */
  echo(request: DispatchRequest): void
  /** The container need not go on with this request. */
  cancel(container: ContainerSlot, request: DispatchRequest): void
  /** The request has to wait: what it holds must not keep a whole received batch alive. */
  keep(request: DispatchRequest): void
}

/**
 * Who gets which request, and when: queues, credits, deadlines, exactly one outcome.
 *
 * Pure: the clock is a parameter of the constructor, everything else happens through {@link DispatchEffects}.
 * Queues and containers are many to many; a container's queues share its credits.
 */
export class Dispatcher {
  readonly queues = new Map<string, InferenceQueue>()
  readonly containers = new Set<ContainerSlot>()
  private readonly deadlines: DeadlineWheel
  private order = 0
  private draining = false
  /** Answers that came when their request had its outcome already. */
  lateAnswers = 0
  /** Answers to what the container does not hold. */
  unknownAnswers = 0

  constructor(
    private readonly now: () => number,
    private readonly effects: DispatchEffects,
  ) {
    this.deadlines = new DeadlineWheel(now())
  }

  /** Deadlines that are armed. */
  get armedDeadlines(): number {
    return this.deadlines.size
  }

  // Queues

  /** Register an inference, or change the settings of one. */
  setQueue(settings: QueueSettings): InferenceQueue {
    const existing = this.queues.get(settings.name)
    if (existing) {
      existing.settings = settings
      return existing
    }
    const queue = new InferenceQueue(settings)
    this.queues.set(settings.name, queue)
    for (const container of this.containers) if (container.serves.has(settings.name)) subscribe(container, queue)
    return queue
  }

  /** Forget an inference; what still waits ends with 400. */
  removeQueue(name: string): void {
    const queue = this.queues.get(name)
    if (!queue) return
    this.queues.delete(name)
    for (const request of [...queue]) this.failQueued(request, 'unregisteredInference', `${name} was unloaded while the request waited`)
    unsubscribeQueue(queue)
  }

  // Containers

  /** A container stands. It gets nothing before {@link setAccepting}. */
  connect(container: ContainerSlot): void {
    this.containers.add(container)
    for (const name of container.serves.keys()) {
      const queue = this.queues.get(name)
      if (queue) subscribe(container, queue)
    }
  }

  setAccepting(container: ContainerSlot, accepting: boolean): void {
    container.accepting = accepting
    this.refill(container)
  }

  /** Distribution of one inference to one container, on or off. */
  setPaused(container: ContainerSlot, name: string, paused: boolean): void {
    if (container.serves.has(name)) container.serves.set(name, { paused })
    for (const subscription of container.subscriptions) {
      if (subscription.queue.settings.name === name) subscription.paused = paused
    }
    this.refill(container)
  }

  /** The container is gone: what it held ends with 402. */
  disconnect(container: ContainerSlot, reason: string): void {
    if (!this.containers.delete(container)) return
    container.accepting = false
    unsubscribeContainer(container)
    const held = [...container.inFlight.values()]
    container.inFlight.clear()
    for (const request of held) {
      const wanted = request.state === 'sent'
      this.letGo(request)
      if (wanted) this.fail(request, 'containerDisconnect', describeDisconnect(request, container, reason))
    }
  }

  // Requests

  /** A request has arrived: it is handed out, queued, or refused. */
  accept(request: DispatchRequest): void {
    const { queue } = request
    const { settings } = queue
    request.arrivedAtMs = this.now()
    request.order = this.order++
    request.owner.open.set(request.number, request)
    if (this.draining) return this.fail(request, 'connectionFailed', 'the cluster is shutting down and accepts nothing new')
    if (!settings.acceptsInput) return this.fail(request, 'inferenceTakesNoInput', '')
    if (settings.loop) {
      request.sentAtMs = request.arrivedAtMs
      request.owner.open.delete(request.number)
      this.effects.echo(request)
      request.dropData()
      return
    }
    const container = queue.waiting === 0 ? queue.pickContainer() : undefined
    if (container) return this.handOut(container, request, request.arrivedAtMs)
    if (!queue.hasRoomFor(request)) return this.fail(request, 'sendQueueFull', describeFull(queue, request))
    request.state = 'queued'
    this.effects.keep(request)
    queue.enqueue(request)
    this.deadlines.add(request, Math.min(request.arrivedAtMs + settings.sendTimeoutMs, ownEndMs(request)))
  }

  /**
   * A container has answered.
   * @returns the request if its outcome is still wanted, undefined if the answer is late or about nothing it holds
   */
  answer(container: ContainerSlot, number: number): DispatchRequest | undefined {
    const request = container.inFlight.get(number)
    if (!request) {
      this.unknownAnswers++
      return undefined
    }
    container.inFlight.delete(number)
    container.answered++
    const wanted = request.state === 'sent'
    this.letGo(request)
    if (wanted) request.owner.open.delete(number)
    else this.lateAnswers++
    this.refill(container)
    return wanted ? request : undefined
  }

  /** The container has begun with these requests. */
  started(container: ContainerSlot, numbers: readonly number[]): void {
    const nowMs = this.now()
    for (const number of numbers) {
      const request = container.inFlight.get(number)
      if (request && request.startedAtMs === 0) request.startedAtMs = nowMs
    }
  }

  /** Take a waiting request out: it ends with 310. False if it does not wait (any more). */
  deleteQueued(request: DispatchRequest): boolean {
    if (request.state !== 'queued') return false
    this.failQueued(request, 'queueDeleted', `request ${request.number} of ${request.queue.settings.name}`)
    return true
  }

  /** The owner wants no outcome any more: it gets none, a waiting request goes, a container is told. */
  cancel(request: DispatchRequest): void {
    request.owner.open.delete(request.number)
    if (request.state === 'queued') {
      this.deadlines.remove(request)
      request.queue.remove(request)
      request.state = 'done'
      request.dropData()
    } else if (request.state === 'sent') {
      this.deadlines.remove(request)
      request.state = 'abandoned'
      this.effects.cancel(request.container as ContainerSlot, request)
    }
  }

  /** The owner is gone: what waits goes, what runs goes on without an outcome. */
  dropOwner(owner: RequestOwner): void {
    for (const request of [...owner.open.values()]) this.cancel(request)
  }

  /** Whatever is due ends now, waiting or sent. A container keeps the credit of what it still holds. */
  tick(): void {
    for (const entry of this.deadlines.expire(this.now())) {
      const request = entry as DispatchRequest
      if (request.state === 'queued') this.timeOutQueued(request)
      else if (request.state === 'sent') this.timeOutSent(request)
    }
  }

  /** Accept nothing new from now on; what is here goes on. */
  drain(): void {
    this.draining = true
  }

  /** Whether anything waits or is held by a container. */
  get busy(): boolean {
    for (const queue of this.queues.values()) if (queue.waiting > 0) return true
    for (const container of this.containers) if (container.inFlight.size > 0) return true
    return false
  }

  /** Give a container whatever it may get: the oldest head among its queues, as long as a credit is free. */
  private refill(container: ContainerSlot): void {
    while (container.free > 0) {
      let oldest: DispatchRequest | undefined
      for (const { queue, paused } of container.subscriptions) {
        const head = paused ? undefined : queue.oldest
        if (head && (!oldest || head.order < oldest.order)) oldest = head
      }
      if (!oldest) return
      const nowMs = this.now()
      this.deadlines.remove(oldest)
      // The clock may be ahead of the last tick: what is over is not begun.
      if (oldest.deadlineMs <= nowMs) {
        this.timeOutQueued(oldest)
        continue
      }
      oldest.queue.remove(oldest)
      this.handOut(container, oldest, nowMs)
    }
  }

  private handOut(container: ContainerSlot, request: DispatchRequest, nowMs: number): void {
    request.state = 'sent'
    request.container = container
    request.sentAtMs = nowMs
    request.queue.inFlight++
    container.inFlight.set(request.number, request)
    const limitMs = request.queue.settings.responseTimeoutMs
    this.deadlines.add(request, Math.min(nowMs + limitMs, ownEndMs(request)))
    this.effects.handOut(container, request)
    request.dropData()
  }

  /** A container does not hold it any more. */
  private letGo(request: DispatchRequest): void {
    this.deadlines.remove(request)
    request.queue.inFlight--
    request.state = 'done'
  }

  /** Its deadline must be disarmed. */
  private timeOutQueued(request: DispatchRequest): void {
    request.queue.remove(request)
    request.state = 'done'
    if (ownLimitPassed(request)) this.fail(request, 'requestTimeout', describeOwnTimeout(request))
    else this.fail(request, 'sendQueueTimeout', describeSendTimeout(request))
  }

  private timeOutSent(request: DispatchRequest): void {
    const container = request.container as ContainerSlot
    request.state = 'abandoned'
    if (ownLimitPassed(request)) {
      this.fail(request, 'requestTimeout', describeOwnTimeout(request, container))
      this.effects.cancel(container, request)
    } else this.fail(request, 'responseTimeout', describeResponseTimeout(request, container))
  }

  private failQueued(request: DispatchRequest, key: ErrorKey, detail: string): void {
    this.deadlines.remove(request)
    request.queue.remove(request)
    request.state = 'done'
    this.fail(request, key, detail)
  }

  private fail(request: DispatchRequest, key: ErrorKey, detail: string): void {
    request.owner.open.delete(request.number)
    request.dropData()
    this.effects.fail(request, key, detail)
  }
}

/** When the caller's own limit passes, on the dispatcher's clock; Infinity if it has none. */
const ownEndMs = (request: DispatchRequest): number =>
  request.ownLimitMs > 0 ? request.arrivedAtMs + request.ownLimitMs : Number.POSITIVE_INFINITY

/** Whether the deadline that was armed is the caller's. The settings may have changed since, so they do not tell. */
const ownLimitPassed = (request: DispatchRequest): boolean => request.deadlineMs === ownEndMs(request)
