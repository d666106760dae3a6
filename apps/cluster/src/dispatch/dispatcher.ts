import type { ErrorKey } from '@aicluster/protocol'
import { deliberateDefect } from '@aicluster/transport'
import type { ContainerSlot } from './container-slot'
import type { DispatchEffects } from './dispatch-effects'
import type { DispatchLimits } from './dispatch-limits'
import type { DispatchRequest, RequestOwner } from './dispatch-request'
import { HandOuts } from './hand-outs'
import { InferenceQueue, type QueueSettings } from './inference-queue'
import { describeDisconnect, describeFull, describeSessionFull, describeUnloaded } from './outcome-details'
import { Reconciliation } from './reconciliation'
import { RequestDeadlines } from './request-deadlines'
import { RequestLedger } from './request-ledger'
import { Streams } from './streams'
import { subscribe, unsubscribeContainer, unsubscribeQueue } from './subscription'

/**
 * Who gets which request, and when: queues, credits, deadlines, exactly one outcome.
 *
 * Pure: the clock is a parameter of the constructor, everything else happens through {@link DispatchEffects}.
 * Queues and containers are many to many; a container's queues share its credits.
 */
export class Dispatcher {
  readonly queues = new Map<string, InferenceQueue>()
  readonly containers = new Set<ContainerSlot>()
  private readonly deadlines: RequestDeadlines
  private readonly ledger: RequestLedger
  private readonly handOuts: HandOuts
  private readonly reconciliation: Reconciliation
  /** Answers in parts. */
  readonly streams: Streams
  private draining = false
  /** Answers that came when their request had its outcome already. */
  lateAnswers = 0
  /** Answers to what the container does not hold. */
  unknownAnswers = 0

  constructor(
    private readonly now: () => number,
    private readonly effects: DispatchEffects,
    private readonly limits: DispatchLimits,
  ) {
    this.deadlines = new RequestDeadlines(now(), limits, effects)
    this.streams = new Streams(now, this.deadlines)
    this.ledger = new RequestLedger(now, this.deadlines, effects)
    this.handOuts = new HandOuts(now, this.queues, this.deadlines, this.ledger, effects)
    this.reconciliation = new Reconciliation(now, this.deadlines, this.ledger, this.handOuts)
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
    const queue = this.queueInHand(settings.name) ?? new InferenceQueue(settings)
    queue.settings = settings
    this.queues.set(settings.name, queue)
    for (const container of this.containers) if (container.serves.has(settings.name)) subscribe(container, queue)
    return queue
  }

  /** Forget an inference; what still waits ends with 400. */
  removeQueue(name: string): void {
    const queue = this.queues.get(name)
    if (!queue) return
    this.queues.delete(name)
    for (const request of [...queue]) this.ledger.failQueued(request, 'unregisteredInference', describeUnloaded(request))
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
    this.handOuts.refill(container)
  }

  /** Whether the container gets nothing more, whatever it says itself; what it holds it finishes. */
  setHeld(container: ContainerSlot, held: boolean): void {
    container.held = held
    this.handOuts.refill(container)
  }

  /** Distribution of one inference to one container, on or off. */
  setPaused(container: ContainerSlot, name: string, paused: boolean): void {
    if (container.serves.has(name)) container.serves.set(name, { paused })
    for (const subscription of container.subscriptions) {
      if (subscription.queue.settings.name === name) subscription.paused = paused
    }
    this.handOuts.refill(container)
  }

  /** The container is gone: what it held waits again where it may be redelivered, and ends with 402 where not. */
  disconnect(container: ContainerSlot, reason: string): void {
    if (!this.containers.delete(container)) return
    container.accepting = false
    unsubscribeContainer(container)
    const held = container.inFlight.values()
    container.inFlight.clear()
    const again: DispatchRequest[] = []
    for (const request of held) {
      const wanted = request.state === 'sent'
      if (wanted && this.handOuts.mayRepeat(request)) {
        again.push(request)
        continue
      }
      this.handOuts.letGo(request)
      if (wanted) this.ledger.fail(request, 'containerDisconnect', describeDisconnect(request, container, reason))
    }
    if (again.length > 0) this.redeliver(again)
  }

  // Requests

  /**
   * A request has arrived: it is handed out, queued, or refused. Its owner must have no other open request of its number.
   * Its attempt is 1 if its owner sends it again after a restart and a container may have begun with it.
   */
  accept(request: DispatchRequest): void {
    const { queue, owner } = request
    const { settings } = queue
    this.ledger.enter(request)
    if (this.draining) return this.ledger.fail(request, 'connectionFailed', 'the cluster is shutting down and accepts nothing new')
    if (!settings.acceptsInput) return this.ledger.fail(request, 'inferenceTakesNoInput', '')
    if (settings.loop) {
      request.sentAtMs = request.arrivedAtMs
      owner.open.delete(request.number)
      this.effects.echo(request)
      request.dropData()
      return
    }
    // Nobody is overtaken: while others wait, a free credit is one that they must not have.
    const container = queue.pickContainer(request.number)
    if (container) return this.handOuts.handOut(container, request, request.arrivedAtMs)
    if (!queue.hasRoomFor(request)) return this.ledger.fail(request, 'sendQueueFull', describeFull(queue, request))
    const { maxQueuedPerSession } = this.limits
    if (owner.waiting >= maxQueuedPerSession) {
      return this.ledger.fail(request, 'sendQueueFull', describeSessionFull(request, maxQueuedPerSession))
    }
    request.state = 'queued'
    this.effects.keep(request)
    queue.enqueue(request)
    this.deadlines.armWait(request, request.arrivedAtMs)
  }

  /** A request that is not accepted ends at once with this error; nothing else happens. */
  refuse(request: DispatchRequest, key: ErrorKey, detail: string): void {
    this.ledger.refuse(request, key, detail)
  }

  /**
   * A container has answered.
   * @returns the request if its outcome is still wanted; undefined if the answer is late, about nothing it holds, about what is held for
   *   nobody, or the end of what a sink had taken
   */
  answer(container: ContainerSlot, number: number): DispatchRequest | undefined {
    const request = container.inFlight.get(number)
    if (!request) {
      this.unknownAnswers++
      return undefined
    }
    const wanted = request.state === 'sent'
    if (wanted) request.owner.open.delete(number)
    else if (request.state !== 'taken' && !this.isHeld(container, number)) this.lateAnswers++
    container.inFlight.delete(number)
    container.answered++
    this.handOuts.letGo(request)
    if (deliberateDefect === 'credits' && container.answered % 50 === 0) container.inFlight.set(number, request)
    this.handOuts.refill(container)
    return wanted ? request : undefined
  }

  /**
   * The program of a sink has got this request: that is its outcome. The container holds it, and its credit, until it answers.
   * @returns the request if its outcome is still wanted
   */
  taken(container: ContainerSlot, number: number): DispatchRequest | undefined {
    const request = container.inFlight.get(number)
    if (request?.state !== 'sent' || !request.queue.settings.sink) return undefined
    this.ledger.take(request)
    return request
  }

  /** The container has begun with these requests. */
  started(container: ContainerSlot, numbers: readonly number[]): void {
    const nowMs = this.now()
    for (const number of numbers) {
      const request = container.inFlight.get(number)
      if (request && request.startedAtMs === 0) request.startedAtMs = nowMs
    }
  }

  /**
   * Take a waiting request out of its queue: nothing happens to it any more, until {@link endTakenOut} says so to its owner.
   * False if it does not wait (any more).
   */
  takeOut(request: DispatchRequest): boolean {
    if (request.state !== 'queued') return false
    this.ledger.takeOut(request)
    return true
  }

  /** It was taken out: it ends with 310, unless its owner has given it up meanwhile. */
  endTakenOut(request: DispatchRequest): void {
    if (request.owner.open.get(request.number) !== request) return
    this.ledger.fail(request, 'queueDeleted', `request ${request.number} of ${request.queue.settings.name}`)
  }

  /** The owner wants no outcome any more: it gets none, a waiting request goes, a container is told. */
  cancel(request: DispatchRequest): void {
    this.ledger.cancel(request)
  }

  /** The owner is gone: what waits goes, what runs goes on without an outcome. */
  dropOwner(owner: RequestOwner): void {
    for (const request of owner.open.values()) this.ledger.cancel(request)
  }

  // What a container says that it has, or has not, in hand. It must be connected.

  /**
   * The container has this number in hand from before the manager's restart, or from before its own link went: it occupies a
   * credit until it is answered, {@link attach}ed or {@link drop}ped. Nobody owns it and no inference counts it; should it
   * count as hung, its queue has a name that no inference can have. A number that the container holds already is left as it is.
   */
  hold(container: ContainerSlot, number: number): void {
    this.reconciliation.hold(container, number)
  }

  /** Whether the container holds this number for nobody. */
  isHeld(container: ContainerSlot, number: number): boolean {
    return this.reconciliation.isHeld(container, number)
  }

  /**
   * The application has sent again what this container has in hand (or has answered: then call {@link answer} next).
   * From now on it is like any request that was handed out, even if the container then has more than it may get.
   * It ends with 302 if the container holds another application's request of that number.
   */
  attach(container: ContainerSlot, request: DispatchRequest): void {
    this.reconciliation.attach(container, request)
  }

  /** Forget a number that is held for nobody: its credit is free. Nothing happens to a number that is somebody's. */
  drop(container: ContainerSlot, number: number): void {
    this.reconciliation.drop(container, number)
  }

  /**
   * The container never got this request: its credit is free. A wanted one waits again in its old place if its data is still here.
   * @returns the request if it was wanted and its data is gone: it is out, without an outcome, and its owner has to send it again
   */
  giveBack(container: ContainerSlot, number: number): DispatchRequest | undefined {
    return this.reconciliation.giveBack(container, number)
  }

  // Time

  /** Whatever is due ends now, waiting or sent. A container keeps the credit of what it still holds, until it counts as hung. */
  tick(): void {
    for (const request of this.deadlines.expire(this.now())) {
      if (request.state === 'queued') this.ledger.timeOutQueued(request)
      else if (request.state === 'sent') this.ledger.timeOutSent(request)
      else if (request.state !== 'done') this.effects.hung(request.container as ContainerSlot, request)
    }
  }

  /** The cluster ends for good: what still waits ends with 111. */
  failWaiting(): void {
    for (const queue of this.queues.values()) {
      for (const request of [...queue]) {
        this.ledger.failQueued(request, 'connectionFailed', `${queue.settings.name}: the cluster was shut down while the request waited`)
      }
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

  /** Their container is gone. They keep their order, so the youngest goes back first. */
  private redeliver(requests: DispatchRequest[]): void {
    requests.sort((a, b) => b.order - a.order)
    for (const request of requests) {
      request.attempt = 1
      this.handOuts.putBack(request)
    }
    for (const request of requests.reverse()) this.handOuts.offer(request)
  }

  /** The queue of an inference that was unloaded while containers held requests of it, and still do: they count for it again. */
  private queueInHand(name: string): InferenceQueue | undefined {
    for (const { inFlight } of this.containers) {
      for (const { queue } of inFlight.values()) if (queue.settings.name === name) return queue
    }
    return undefined
  }
}
