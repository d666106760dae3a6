import { clusterError, ERROR_CODES, type ErrorKey } from '@aicluster/protocol'
import { NumberTable } from '@aicluster/transport'
import { ContainerSlot } from '../container-slot'
import type { DispatchEffects } from '../dispatch-effects'
import type { DispatchLimits } from '../dispatch-limits'
import { DispatchRequest, type RequestOwner } from '../dispatch-request'
import { Dispatcher } from '../dispatcher'
import type { InferenceQueue, QueueSettings } from '../inference-queue'

const TICK_MS = 5

/** What a request's sender gets: the code of an error, or that it went well. */
export type Outcome = number | 'result' | 'echo'

export interface NewRequest {
  name?: string
  bytes?: number
  timeoutMs?: number
  owner?: RequestOwner
  /** Default: one that was not used before. */
  number?: number
  attempt?: number
}

/** An application. */
export const newOwner = (): RequestOwner => ({ open: new NumberTable(), waiting: 0 })

/** One dispatcher with a clock that is set by hand. Times are counted from 0; everything is `digits` unless said otherwise. */
export class DispatchWorld implements DispatchEffects {
  nowMs = 0
  readonly dispatcher: Dispatcher
  readonly owner = newOwner()
  /** `request number -> container`, in order. */
  readonly handedOut: string[] = []
  /** Where a container was told that it need not go on, written as above. */
  readonly toldToStop: string[] = []
  /** Numbers of requests whose bytes were copied because they have to wait, or may be handed out again. */
  readonly copied: number[] = []
  /** Where a container counted as hung, written as above. */
  readonly hangs: string[] = []
  /** How often it was said that there is a deadline again. */
  toldOfDeadlines = 0
  private readonly outcomes = new Map<DispatchRequest, Outcome[]>()
  private readonly messages = new Map<DispatchRequest, string>()
  private lastNumber = 0

  constructor(limits: Partial<DispatchLimits> = {}) {
    const defaults = { hangTimeoutMs: 60_000, responseTimeoutMs: 300_000, maxQueuedPerSession: 1000 }
    this.dispatcher = new Dispatcher(() => this.nowMs, this, { ...defaults, ...limits })
  }

  /** As `delete_queue` does it. */
  deleteQueued(request: DispatchRequest): boolean {
    const waits = this.dispatcher.takeOut(request)
    if (waits) this.dispatcher.endTakenOut(request)
    return waits
  }

  register(settings: Partial<QueueSettings> = {}): InferenceQueue {
    return this.dispatcher.setQueue({
      name: 'digits',
      configName: 'digits',
      acceptsInput: true,
      loop: false,
      sink: false,
      source: false,
      redeliver: false,
      sendTimeoutMs: 60_000,
      responseTimeoutMs: 300_000,
      limit: 1000,
      limitBytes: 1_000_000,
      ...settings,
    })
  }

  /** A container that is connected and ready. */
  connect(id: string, { credits = 1, names = ['digits'], paused = [] as string[], ready = true } = {}): ContainerSlot {
    const container = new ContainerSlot(id, id, 'board-1', credits)
    for (const name of names) container.serves.set(name, { paused: paused.includes(name) })
    this.dispatcher.connect(container)
    if (ready) this.dispatcher.setAccepting(container, true)
    return container
  }

  send(what: NewRequest = {}): DispatchRequest {
    const request = this.make(what)
    this.dispatcher.accept(request)
    return request
  }

  /** A request that has not arrived yet. */
  make({ name = 'digits', bytes = 10, timeoutMs = 0, owner = this.owner, number = ++this.lastNumber, attempt = 0 }: NewRequest = {}) {
    const queue = this.dispatcher.queues.get(name)
    if (!queue) throw new Error(`${name} is not registered in this test`)
    const request = new DispatchRequest(number, owner, queue)
    request.tail = new Uint8Array(bytes)
    request.bodyLength = bytes
    request.ownLimitMs = timeoutMs
    request.attempt = attempt
    return request
  }

  answer(container: ContainerSlot, request: DispatchRequest): void {
    if (this.dispatcher.answer(container, request.number)) this.end(request, 'result')
  }

  /** Let time pass, with a tick every 5 ms as the data plane does it. */
  pass(ms: number): void {
    const until = this.nowMs + ms
    while (this.nowMs < until) {
      this.nowMs = Math.min(until, this.nowMs + TICK_MS)
      this.dispatcher.tick()
    }
  }

  /** Everything its sender was told: exactly one entry once it has ended. */
  outcomesOf(request: DispatchRequest): Outcome[] {
    return this.outcomes.get(request) ?? []
  }

  /** The error message as an application reads it. */
  messageOf(request: DispatchRequest): string | undefined {
    return this.messages.get(request)
  }

  credits(container: ContainerSlot): { free: number; inFlight: number } {
    return { free: container.free, inFlight: container.inFlight.size }
  }

  handOut(container: ContainerSlot, request: DispatchRequest): void {
    this.handedOut.push(`${request.number} -> ${container.instance}`)
  }

  fail(request: DispatchRequest, key: ErrorKey, detail: string): void {
    this.messages.set(request, clusterError(key, { detail }).message)
    this.end(request, ERROR_CODES[key].code)
  }

  echo(request: DispatchRequest): void {
    this.end(request, 'echo')
  }

  cancel(container: ContainerSlot, request: DispatchRequest): void {
    this.toldToStop.push(`${request.number} -> ${container.instance}`)
  }

  keep(request: DispatchRequest): void {
    this.copied.push(request.number)
  }

  hung(container: ContainerSlot, request: DispatchRequest): void {
    this.hangs.push(`${request.number} -> ${container.instance}`)
  }

  armed(): void {
    this.toldOfDeadlines++
  }

  private end(request: DispatchRequest, outcome: Outcome): void {
    this.outcomes.set(request, [...this.outcomesOf(request), outcome])
  }
}
