import type { ErrorKey } from '@aicluster/protocol'
import type { QueueSettings } from '../inference-queue'

/** A registered inference. One that is registered again is another object. */
export interface ModelQueue {
  settings: QueueSettings
}

export interface ModelContainer {
  readonly id: string
  readonly credits: number
  /** Names it serves, and whether their distribution to it is off. */
  readonly serves: Map<string, boolean>
  accepting: boolean
  answered: number
}

export interface ModelRequest {
  readonly number: number
  readonly owner: string
  readonly bytes: number
  /** 0: none. */
  readonly ownLimitMs: number
}

/** A request that waits, or that a container holds, with or without anybody who wants its outcome. */
interface Live extends ModelRequest {
  readonly queue: ModelQueue
  readonly arrivedAtMs: number
  state: 'waiting' | 'held' | 'abandoned'
  container: ModelContainer | undefined
  startedAtMs: number
  deadlineMs: number
  /** How it ends at its deadline. */
  atDeadline: ErrorKey
  /** Counts up with every change of place: the order of hand-outs, and of deadlines that are equal. */
  placed: number
}

/**
 * What dispatch has to do, written to be obviously right: one list, searched from the front, and nothing remembered that
 * can be worked out. Every step returns its events as text, in order.
 */
export class ReferenceModel {
  readonly queues: ModelQueue[] = []
  readonly containers: ModelContainer[] = []
  /** In order of arrival. */
  live: Live[] = []
  lateAnswers = 0
  unknownAnswers = 0
  draining = false
  private placed = 0
  private events: string[] = []

  constructor(private readonly now: () => number) {}

  register(settings: QueueSettings): string[] {
    const queue = this.queue(settings.name)
    if (queue) queue.settings = settings
    else this.queues.push({ settings })
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
    for (const request of this.held(container)) {
      if (request.state === 'held') this.end(request, 'containerDisconnect')
      else this.forget(request)
    }
    return this.happened()
  }

  /** @param choose - which of several equally free containers gets it */
  accept(request: ModelRequest, name: string, choose: (mostFree: ModelContainer[]) => ModelContainer): string[] {
    const queue = this.queue(name) as ModelQueue
    const { settings } = queue
    const waiting = this.waiting(queue)
    const waitingBytes = waiting.reduce((total, { bytes }) => total + bytes, 0)
    const free = waiting.length > 0 ? [] : this.containers.filter((container) => this.mayGet(container, queue) && this.free(container) > 0)

    if (this.draining) this.events.push(`fail ${request.number} connectionFailed`)
    else if (!settings.acceptsInput) this.events.push(`fail ${request.number} inferenceTakesNoInput`)
    else if (settings.loop) this.events.push(`echo ${request.number}`)
    else if (free.length > 0) {
      const most = Math.max(...free.map((container) => this.free(container)))
      const live = this.arrive(request, queue)
      this.handOut(live, choose(free.filter((container) => this.free(container) === most)))
    } else if (waiting.length >= settings.limit) this.events.push(`fail ${request.number} sendQueueFull`)
    else if (waitingBytes + request.bytes > settings.limitBytes) this.events.push(`fail ${request.number} sendQueueFull`)
    else {
      this.arm(this.arrive(request, queue), settings.sendTimeoutMs, 'sendQueueTimeout')
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
    else this.lateAnswers++
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
    const request = this.live.find((live) => live.number === number)
    if (request) this.abandon(request)
    return this.happened()
  }

  dropOwner(owner: string): string[] {
    for (const request of this.live.filter((live) => live.owner === owner)) this.abandon(request)
    return this.happened()
  }

  tick(): string[] {
    const due = this.armed().filter((request) => request.deadlineMs <= this.now())
    due.sort((a, b) => a.deadlineMs - b.deadlineMs || a.placed - b.placed)
    for (const request of due) this.timeOut(request)
    return this.happened()
  }

  drain(): string[] {
    this.draining = true
    return this.happened()
  }

  queue(name: string): ModelQueue | undefined {
    return this.queues.find((queue) => queue.settings.name === name)
  }

  /** Oldest first. */
  waiting(queue: ModelQueue): Live[] {
    return this.live.filter((request) => request.state === 'waiting' && request.queue === queue)
  }

  /** In the order of their hand-out. */
  held(container: ModelContainer): Live[] {
    return this.live.filter((request) => request.container === container).sort((a, b) => a.placed - b.placed)
  }

  free(container: ModelContainer): number {
    return container.accepting ? container.credits - this.held(container).length : 0
  }

  armed(): Live[] {
    return this.live.filter((request) => request.state !== 'abandoned' && request.deadlineMs < Number.POSITIVE_INFINITY)
  }

  private mayGet(container: ModelContainer, queue: ModelQueue): boolean {
    return container.serves.get(queue.settings.name) === false
  }

  private refill(container: ModelContainer): void {
    while (this.free(container) > 0) {
      const oldest = this.live.find(({ state, queue }) => state === 'waiting' && this.mayGet(container, queue))
      if (!oldest) return
      if (oldest.deadlineMs <= this.now()) this.timeOut(oldest)
      else this.handOut(oldest, container)
    }
  }

  private arrive(request: ModelRequest, queue: ModelQueue): Live {
    const live: Live = {
      ...request,
      queue,
      arrivedAtMs: this.now(),
      state: 'waiting',
      container: undefined,
      startedAtMs: 0,
      deadlineMs: Number.POSITIVE_INFINITY,
      atDeadline: 'sendQueueTimeout',
      placed: 0,
    }
    this.live.push(live)
    return live
  }

  private handOut(request: Live, container: ModelContainer): void {
    request.state = 'held'
    request.container = container
    this.arm(request, request.queue.settings.responseTimeoutMs, 'responseTimeout')
    this.events.push(`hand-out ${request.number} ${container.id}`)
  }

  /** The cluster's limit counts from now, the caller's own from the arrival; the earlier one rules. */
  private arm(request: Live, limitMs: number, atDeadline: ErrorKey): void {
    const ownMs = request.ownLimitMs > 0 ? request.arrivedAtMs + request.ownLimitMs : Number.POSITIVE_INFINITY
    const clusterMs = this.now() + limitMs
    request.deadlineMs = Math.min(ownMs, clusterMs)
    request.atDeadline = ownMs <= clusterMs ? 'requestTimeout' : atDeadline
    request.placed = this.placed++
  }

  private timeOut(request: Live): void {
    const { container } = request
    if (!container) return this.end(request, request.atDeadline)
    request.state = 'abandoned'
    this.events.push(`fail ${request.number} ${request.atDeadline}`)
    if (request.atDeadline === 'requestTimeout') this.events.push(`cancel ${request.number} ${container.id}`)
  }

  private abandon(request: Live): void {
    if (request.state === 'waiting') this.forget(request)
    else if (request.state === 'held') {
      request.state = 'abandoned'
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
