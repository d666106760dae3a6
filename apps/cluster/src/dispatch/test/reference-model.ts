import type { ErrorKey } from '@aicluster/protocol'
import type { DispatchLimits } from '../dispatch-limits'
import type { QueueSettings } from '../inference-queue'
import { isOpen, type Live, type ModelContainer, type ModelQueue, type ModelRequest, ModelState, NOBODY } from './model-state'
import { ModelStream } from './model-stream'

/**
 * What dispatch has to do, written to be obviously right: one list, searched from the front, and nothing remembered that
 * can be worked out. Every step returns its events as text, in order.
 */
export class ReferenceModel extends ModelState {
  private armings = 0
  private events: string[] = []

  /** @param choose - which of several containers that are equally free gets the request of this number */
  constructor(
    private readonly now: () => number,
    private readonly limits: DispatchLimits,
    private readonly choose: (number: number, mostFree: ModelContainer[]) => ModelContainer,
  ) {
    super()
  }

  register(settings: QueueSettings): string[] {
    const registered = this.queue(settings.name)
    const queue = registered ?? this.live.find((request) => request.queue?.settings.name === settings.name)?.queue ?? { settings }
    queue.settings = settings
    if (!registered) this.queues.push(queue)
    return this.happened()
  }

  unregister(name: string): string[] {
    const queue = this.queue(name)
    if (queue) {
      this.queues.splice(this.queues.indexOf(queue), 1)
      for (const request of this.waiting(queue)) this.end(request, 'unregisteredInference')
    }
    return this.happened()
  }

  connect(container: ModelContainer): string[] {
    this.containers.push(container)
    if (container.accepting) this.refill(container)
    return this.happened()
  }

  setAccepting(container: ModelContainer, accepting: boolean): string[] {
    container.accepting = accepting
    this.refill(container)
    return this.happened()
  }

  setPaused(container: ModelContainer, name: string, paused: boolean): string[] {
    if (container.serves.has(name)) container.serves.set(name, paused)
    this.refill(container)
    return this.happened()
  }

  disconnect(container: ModelContainer): string[] {
    this.containers.splice(this.containers.indexOf(container), 1)
    const again: Live[] = []
    for (const request of this.held(container)) {
      if (this.mayRepeat(request)) again.push(request)
      else if (request.state === 'held') this.end(request, 'containerDisconnect')
      else this.forget(request)
    }
    again.sort((a, b) => this.live.indexOf(a) - this.live.indexOf(b))
    for (const request of [...again].reverse()) {
      request.attempt = 1
      this.waitAgain(request)
    }
    for (const request of again) this.offer(request)
    return this.happened()
  }

  accept(request: ModelRequest, name: string): string[] {
    const queue = this.queue(name) as ModelQueue
    const { settings } = queue
    const waiting = this.waiting(queue)
    const waitingBytes = waiting.reduce((total, { bytes }) => total + bytes, 0)
    const { maxQueuedPerSession } = this.limits

    if (this.draining) this.events.push(`fail ${request.number} connectionFailed`)
    else if (!settings.acceptsInput) this.events.push(`fail ${request.number} inferenceTakesNoInput`)
    else if (settings.loop) this.events.push(`echo ${request.number}`)
    else if (this.freeFor(queue, request.number).length > 0) {
      const live = this.arrive(request, queue)
      this.handOut(live, this.choose(live.number, this.freeFor(queue, live.number)))
      if (live.hasData) this.events.push(`keep ${live.number}`)
    } else if (waiting.length >= settings.limit) this.events.push(`fail ${request.number} sendQueueFull`)
    else if (waitingBytes + request.bytes > settings.limitBytes) this.events.push(`fail ${request.number} sendQueueFull`)
    else if (this.waitingOf(request.owner) >= maxQueuedPerSession) this.events.push(`fail ${request.number} sessionFull`)
    else {
      this.armLimit(this.arrive(request, queue), settings.sendTimeoutMs, 'sendQueueTimeout')
      this.events.push(`keep ${request.number}`)
    }
    return this.happened()
  }

  answer(container: ModelContainer, number: number): string[] {
    const request = this.held(container).find((held) => held.number === number)
    if (!request) {
      this.unknownAnswers++
      return this.happened()
    }
    container.answered++
    this.forget(request)
    this.refill(container)
    if (request.state === 'held') this.events.push(`result ${number}`)
    else if (request.state === 'abandoned' && request.owner !== NOBODY) this.lateAnswers++
    return this.happened()
  }

  taken(container: ModelContainer, number: number): string[] {
    const request = this.held(container).find((held) => held.number === number)
    if (request?.state === 'held' && settingsOf(request).sink) {
      this.leaveInHand(request, 'taken')
      this.events.push(`taken ${number}`)
    }
    return this.happened()
  }

  hold(container: ModelContainer, number: number): string[] {
    if (!this.holds(container, number)) {
      const held = this.arrive({ number, owner: NOBODY, bytes: 0, ownLimitMs: 0, attempt: 0, inParts: false }, undefined)
      held.state = 'abandoned'
      held.container = container
      held.hasData = false
      this.arm(held, this.now() + this.limits.responseTimeoutMs + this.limits.hangTimeoutMs, 'hung')
    }
    return this.happened()
  }

  attach(container: ModelContainer, request: ModelRequest, name: string): string[] {
    const other = this.held(container).find((held) => held.number === request.number)
    if (other && other.owner !== NOBODY) this.events.push(`fail ${request.number} invalidParameter`)
    else {
      if (other) this.forget(other)
      const live = this.arrive(request, this.queue(name))
      this.place(live, container)
      if (live.hasData) this.events.push(`keep ${live.number}`)
    }
    return this.happened()
  }

  drop(container: ModelContainer, number: number): string[] {
    const request = this.held(container).find((held) => held.number === number && held.owner === NOBODY)
    if (request) this.forget(request)
    this.refill(container)
    return this.happened()
  }

  giveBack(container: ModelContainer, number: number): string[] {
    const request = this.held(container).find((held) => held.number === number)
    if (!request) return this.happened()
    if (this.mayRepeat(request)) {
      this.waitAgain(request)
      this.refill(container)
      if (request.state === 'waiting' && this.live.includes(request)) this.offer(request)
      return this.happened()
    }
    if (request.hasData) this.end(request, 'unregisteredInference')
    else this.forget(request)
    this.refill(container)
    if (request.state === 'held' && !request.hasData) this.events.push(`returned ${number}`)
    return this.happened()
  }

  part(container: ModelContainer, number: number, part: number, bytes: number, reaches: boolean): string[] {
    const request = this.held(container).find((held) => held.number === number && held.state === 'held')
    const { stream } = request ?? {}
    if (!request || !stream?.isOpen || part !== stream.next) return this.happened()
    if (reaches) {
      stream.pass(bytes)
      request.hasData = false
    } else stream.skipped = true
    this.goesOn(request)
    this.events.push(`${reaches ? 'part' : 'skip'} ${number}`)
    return this.happened()
  }

  take(number: number, parts: number): string[] {
    const request = this.openStream(number)
    const wasOpen = request?.stream?.isOpen
    request?.stream?.take(parts)
    if (request && !wasOpen) this.goesOn(request)
    return this.happened()
  }

  rewind(number: number, part: number): string[] {
    const request = this.openStream(number)
    request?.stream?.rewind(part)
    if (request) this.goesOn(request)
    return this.happened()
  }

  started(container: ModelContainer, numbers: number[]): string[] {
    for (const request of this.held(container)) {
      if (numbers.includes(request.number) && request.startedAtMs === 0) request.startedAtMs = this.now()
    }
    return this.happened()
  }

  deleteQueued(number: number): string[] {
    const request = this.live.find((live) => live.number === number && live.state === 'waiting')
    if (request) this.end(request, 'queueDeleted')
    return this.happened()
  }

  cancel(number: number): string[] {
    const request = this.live.find((live) => live.number === number && isOpen(live))
    if (request) this.abandon(request)
    return this.happened()
  }

  dropOwner(owner: string): string[] {
    const open = this.live.filter((live) => live.owner === owner && isOpen(live)).sort((a, b) => a.number - b.number)
    for (const request of open) this.abandon(request)
    return this.happened()
  }

  tick(): string[] {
    const due = this.armed().filter((request) => request.deadlineMs <= this.now())
    due.sort((a, b) => a.deadlineMs - b.deadlineMs || a.armedAs - b.armedAs)
    for (const request of due) this.timeOut(request)
    return this.happened()
  }

  drain(): string[] {
    this.draining = true
    return this.happened()
  }

  private openStream(number: number): Live | undefined {
    return this.live.find((live) => live.number === number && isOpen(live) && live.stream)
  }

  /** Its container is not waited for as long as it waits for the reader. */
  private goesOn(request: Live): void {
    if (request.state !== 'held' || !request.stream) return
    request.stream.activeAtMs = this.now()
    const limitMs = request.stream.isOpen ? settingsOf(request).responseTimeoutMs : Number.POSITIVE_INFINITY
    this.armLimit(request, limitMs, 'responseTimeout')
  }

  private refill(container: ModelContainer): void {
    while (this.free(container) > 0) {
      const oldest = this.live.find(({ state, queue, number }) => state === 'waiting' && this.mayGet(container, queue, number))
      if (!oldest) return
      if (oldest.deadlineMs <= this.now()) this.timeOut(oldest)
      else this.handOut(oldest, container)
    }
  }

  /** A credit may be free for a request that waits again. */
  private offer(request: Live): void {
    const free = this.freeFor(request.queue as ModelQueue, request.number)
    if (free.length === 0) return
    if (request.deadlineMs <= this.now()) this.timeOut(request)
    else this.handOut(request, this.choose(request.number, free))
  }

  private arrive(request: ModelRequest, queue: ModelQueue | undefined): Live {
    const live: Live = {
      ...request,
      queue,
      arrivedAtMs: this.now(),
      sentAtMs: 0,
      state: 'waiting',
      container: undefined,
      hasData: true,
      stream: request.inParts ? new ModelStream() : undefined,
      startedAtMs: 0,
      deadlineMs: Number.POSITIVE_INFINITY,
      atDeadline: 'sendQueueTimeout',
      armedAs: 0,
    }
    this.live.push(live)
    return live
  }

  private waitAgain(request: Live): void {
    request.state = 'waiting'
    request.container = undefined
    request.startedAtMs = 0
    this.armLimit(request, settingsOf(request).sendTimeoutMs, 'sendQueueTimeout')
  }

  private handOut(request: Live, container: ModelContainer): void {
    this.place(request, container)
    this.events.push(`${request.attempt > 0 ? 'second-hand-out' : 'hand-out'} ${request.number} ${container.id}`)
  }

  private place(request: Live, container: ModelContainer): void {
    const { redeliver, responseTimeoutMs } = settingsOf(request)
    request.state = 'held'
    request.container = container
    request.sentAtMs = this.now()
    if (request.stream) {
      request.stream.activeAtMs = this.now()
      request.stream.skipped = false
    }
    request.hasData = redeliver && request.attempt === 0
    this.armLimit(request, responseTimeoutMs, 'responseTimeout')
  }

  /** The cluster's limit counts from now, the caller's own from the arrival; the earlier one rules. */
  private armLimit(request: Live, limitMs: number, atDeadline: ErrorKey): void {
    const ownMs = request.ownLimitMs > 0 ? request.arrivedAtMs + request.ownLimitMs : Number.POSITIVE_INFINITY
    const clusterMs = this.now() + limitMs
    this.arm(request, Math.min(ownMs, clusterMs), ownMs <= clusterMs ? 'requestTimeout' : atDeadline)
  }

  private arm(request: Live, deadlineMs: number, atDeadline: Live['atDeadline']): void {
    request.deadlineMs = deadlineMs
    request.atDeadline = atDeadline
    request.armedAs = this.armings++
  }

  private timeOut(request: Live): void {
    const { container, atDeadline } = request
    if (atDeadline === 'hung') {
      this.events.push(`hung ${request.number} ${container?.id}`)
      request.deadlineMs = Number.POSITIVE_INFINITY
      return
    }
    if (!container) return this.end(request, atDeadline)
    this.events.push(`fail ${request.number} ${atDeadline}`)
    this.leaveInHand(request, 'abandoned')
    if (atDeadline === 'requestTimeout' || request.stream) this.events.push(`cancel ${request.number} ${container.id}`)
  }

  /** The container may have it until the end of its response time, however it got its outcome, and for the hang time after that. */
  private leaveInHand(request: Live, state: 'taken' | 'abandoned'): void {
    const { atDeadline, deadlineMs, sentAtMs, stream } = request
    const heldSinceMs = stream?.activeAtMs ?? sentAtMs
    const responseEndMs = atDeadline === 'responseTimeout' ? deadlineMs : heldSinceMs + settingsOf(request).responseTimeoutMs
    request.state = state
    request.hasData = false
    this.arm(request, Math.max(responseEndMs, this.now()) + this.limits.hangTimeoutMs, 'hung')
  }

  private abandon(request: Live): void {
    if (request.state === 'waiting') this.forget(request)
    else if (request.state === 'held') {
      this.leaveInHand(request, 'abandoned')
      this.events.push(`cancel ${request.number} ${request.container?.id}`)
    }
  }

  private end(request: Live, key: ErrorKey): void {
    this.forget(request)
    this.events.push(`fail ${request.number} ${key}`)
  }

  private forget(request: Live): void {
    this.live.splice(this.live.indexOf(request), 1)
  }

  private happened(): string[] {
    const { events } = this
    this.events = []
    return events
  }
}

const settingsOf = ({ queue }: Live): QueueSettings => (queue as ModelQueue).settings
