import { ContainerSlot } from '../container-slot'
import type { DispatchLimits } from '../dispatch-limits'
import { DispatchRequest, type RequestOwner } from '../dispatch-request'
import { Dispatcher } from '../dispatcher'
import type { InferenceQueue, QueueSettings } from '../inference-queue'
import { StreamWindow } from '../stream-window'
import { demandEmpty, demandRest } from './at-rest'
import { demand } from './demand'
import { newOwner } from './dispatch-world'
import type { ModelContainer, ModelRequest } from './model-state'
import { ReferenceModel } from './reference-model'
import { modelState, visibleState } from './visible-state'
import { WatchedEffects } from './watched-effects'

/**
 * The real dispatcher and the reference model under one clock. Every step is done to both; then its events and everything
 * that can be seen are compared. A difference is thrown as an error that shows both sides.
 */
export class PairedWorlds {
  readonly model: ReferenceModel
  /** How often each kind of event happened; errors under their key. */
  readonly counts = new Map<string, number>()
  private readonly dispatcher: Dispatcher
  private readonly effects = new WatchedEffects()
  private readonly owners = new Map<string, RequestOwner>()
  private readonly slots = new Map<string, ContainerSlot>()
  private readonly requests = new Map<number, DispatchRequest>()
  /** Every queue there ever was: a removed one must not keep anything either. */
  private readonly everyQueue = new Set<InferenceQueue>()

  /** @param note - told of every step and of what came of it */
  constructor(
    private nowMs: number,
    private readonly note: (line: string) => void,
    owners: readonly string[],
    limits: DispatchLimits,
  ) {
    this.dispatcher = new Dispatcher(() => this.nowMs, this.effects, limits)
    this.model = new ReferenceModel(
      () => this.nowMs,
      limits,
      (number, mostFree) => this.whereItWent(number, mostFree),
    )
    for (const name of owners) this.owners.set(name, newOwner())
    note(
      `hang after ${limits.hangTimeoutMs} ms, default response ${limits.responseTimeoutMs} ms, ${limits.maxQueuedPerSession} per session`,
    )
  }

  register(settings: QueueSettings): void {
    const { name, acceptsInput, loop, sink, redeliver, sendTimeoutMs, responseTimeoutMs, limit, limitBytes } = settings
    const kind = `${loop ? ' Loop' : acceptsInput ? '' : ' without input'}${sink ? ' sink' : ''}${redeliver ? ' with redelivery' : ''}`
    this.step(
      `register ${name}${kind}: send ${sendTimeoutMs} ms, response ${responseTimeoutMs} ms, limit ${limit}, ${limitBytes} B`,
      () => this.everyQueue.add(this.dispatcher.setQueue(settings)),
      () => this.model.register(settings),
    )
  }

  unregister(name: string): void {
    this.step(
      `unregister ${name}`,
      () => this.dispatcher.removeQueue(name),
      () => this.model.unregister(name),
    )
  }

  connect(container: ModelContainer): void {
    const { id, credits, serves, accepting } = container
    const slot = new ContainerSlot(id, id, 'board', credits)
    for (const [name, paused] of serves) slot.serves.set(name, { paused })
    slot.accepting = accepting
    this.slots.set(id, slot)
    const names = [...serves].map(([name, paused]) => (paused ? `${name} (paused)` : name))
    this.step(
      `connect ${id}, ${credits} credits, serves ${names}${accepting ? ', ready already' : ''}`,
      () => {
        this.dispatcher.connect(slot)
        // As the data plane does for a container that was ready before its second link stood.
        if (accepting) this.dispatcher.setAccepting(slot, true)
      },
      () => this.model.connect(container),
    )
  }

  setAccepting(container: ModelContainer, accepting: boolean): void {
    this.step(
      `${container.id} is ${accepting ? 'ready' : 'not ready'}`,
      () => this.dispatcher.setAccepting(this.slot(container), accepting),
      () => this.model.setAccepting(container, accepting),
    )
  }

  setPaused(container: ModelContainer, name: string, paused: boolean): void {
    this.step(
      `${paused ? 'pause' : 'unpause'} ${name} on ${container.id}`,
      () => this.dispatcher.setPaused(this.slot(container), name, paused),
      () => this.model.setPaused(container, name, paused),
    )
  }

  /** Both its links go, so the dispatcher hears of it twice. */
  disconnect(container: ModelContainer): void {
    const slot = this.slot(container)
    this.slots.delete(container.id)
    this.step(
      `disconnect ${container.id}`,
      () => {
        this.dispatcher.disconnect(slot, 'disconnected')
        this.dispatcher.disconnect(slot, 'was replaced')
        demand(slot.inFlight.size + slot.subscriptions.length + slot.free === 0, () => `${slot.instance} is gone and still takes part`)
      },
      () => this.model.disconnect(container),
    )
  }

  enqueue(request: ModelRequest, name: string): void {
    const real = this.newRequest(request, name)
    this.step(
      `${request.owner} sends ${describe(request)} to ${name}`,
      () => this.dispatcher.accept(real),
      () => this.model.accept(request, name),
    )
  }

  hold(container: ModelContainer, number: number): void {
    this.step(
      `${container.id} says that it holds ${number}`,
      () => this.dispatcher.hold(this.slot(container), number),
      () => this.model.hold(container, number),
    )
  }

  attach(container: ModelContainer, request: ModelRequest, name: string): void {
    const real = this.newRequest(request, name)
    this.step(
      `${request.owner} sends ${describe(request)} to ${name} again, which ${container.id} has`,
      () => {
        this.effects.attached(real)
        this.dispatcher.attach(this.slot(container), real)
      },
      () => this.model.attach(container, request, name),
    )
  }

  drop(container: ModelContainer, number: number): void {
    this.step(
      `${number} of ${container.id} is dropped`,
      () => this.dispatcher.drop(this.slot(container), number),
      () => this.model.drop(container, number),
    )
  }

  giveBack(container: ModelContainer, number: number): void {
    const slot = this.slot(container)
    this.step(
      `${container.id} never got ${number}`,
      () => {
        const request = slot.inFlight.get(number)
        if (request?.state === 'sent') this.effects.gaveBack(request)
        const returned = this.dispatcher.giveBack(slot, number)
        if (returned) this.effects.returned(returned)
      },
      () => this.model.giveBack(container, number),
    )
  }

  answer(container: ModelContainer, number: number): void {
    this.step(
      `${container.id} answers ${number}`,
      () => {
        const request = this.dispatcher.answer(this.slot(container), number)
        if (request) this.effects.result(request)
      },
      () => this.model.answer(container, number),
    )
  }

  taken(container: ModelContainer, number: number): void {
    this.step(
      `${container.id} has taken ${number}`,
      () => {
        const request = this.dispatcher.taken(this.slot(container), number)
        if (request) this.effects.taken(request)
      },
      () => this.model.taken(container, number),
    )
  }

  started(container: ModelContainer, numbers: number[]): void {
    this.step(
      `${container.id} has begun ${numbers}`,
      () => this.dispatcher.started(this.slot(container), numbers),
      () => this.model.started(container, numbers),
    )
  }

  /** @param reaches - whether the application can be reached */
  part(container: ModelContainer, number: number, part: number, bytes: number, reaches: boolean): void {
    const { streams } = this.dispatcher
    this.step(
      `${container.id} sends part ${part} of ${number}, ${bytes} B${reaches ? '' : ', which its reader cannot get'}`,
      () => {
        const request = streams.admit(this.slot(container), number, part)
        if (!request) return
        if (reaches) streams.pass(request, bytes)
        else streams.skip(request)
        this.effects.events.push(`${reaches ? 'part' : 'skip'} ${number}`)
      },
      () => this.model.part(container, number, part, bytes, reaches),
    )
  }

  take(number: number, parts: number): void {
    this.step(
      `the reader of ${number} has taken ${parts}`,
      () => this.withOpen(number, (request) => this.dispatcher.streams.take(request, parts)),
      () => this.model.take(number, parts),
    )
  }

  rewind(number: number, part: number): void {
    this.step(
      `the reader of ${number} misses part ${part}`,
      () => this.withOpen(number, (request) => this.dispatcher.streams.rewind(request, part)),
      () => this.model.rewind(number, part),
    )
  }

  deleteQueued(number: number): void {
    const request = this.requests.get(number)
    if (!request) return
    const waits = request.state === 'queued'
    this.step(
      `delete ${number}`,
      () => {
        demand(this.dispatcher.takeOut(request) === waits, () => 'the answer is not whether it waited')
        if (waits) this.dispatcher.endTakenOut(request)
      },
      () => this.model.deleteQueued(number),
    )
  }

  cancel(number: number): void {
    const request = this.requests.get(number)
    if (!request) return
    this.effects.owed.delete(number)
    this.step(
      `cancel ${number}`,
      () => this.dispatcher.cancel(request),
      () => this.model.cancel(number),
    )
  }

  dropOwner(name: string): void {
    const owner = this.owner(name)
    for (const number of owner.open.keys()) this.effects.owed.delete(number)
    this.step(
      `${name} is gone`,
      () => this.dispatcher.dropOwner(owner),
      () => this.model.dropOwner(name),
    )
  }

  pass(ms: number): void {
    this.step(
      `${ms} ms pass`,
      () => {
        this.nowMs += ms
      },
      () => [],
    )
  }

  tick(): void {
    this.step(
      'tick',
      () => this.dispatcher.tick(),
      () => this.model.tick(),
    )
  }

  drain(): void {
    this.step(
      'drain',
      () => this.dispatcher.drain(),
      () => this.model.drain(),
    )
  }

  /** Nothing waits and nothing is in hand: then nothing at all may be left of any request. */
  assertAtRest(): void {
    demand(this.effects.owed.size === 0, () => `at rest outcomes are owed: ${[...this.effects.owed]}`)
    demandRest(this.dispatcher, this.owners, this.slots.values(), this.everyQueue)
  }

  /** At rest, everything unregistered and disconnected: no map has an entry. */
  assertEmpty(): void {
    this.assertAtRest()
    demandEmpty(this.dispatcher, this.everyQueue)
  }

  private step(text: string, real: () => void, model: () => string[]): void {
    this.note(`at ${this.nowMs}: ${text}`)
    this.effects.events = []
    this.effects.toldOfDeadline = this.dispatcher.armedDeadlines > 0
    real()
    demand(this.dispatcher.armedDeadlines === 0 || this.effects.toldOfDeadline, () => 'a deadline was armed, and nobody was told to tick')
    const { events } = this.effects
    for (const event of events) {
      this.note(`  ${event}`)
      this.count(event)
    }
    compare('events', events.join('\n'), model().join('\n'))
    compare('state', visibleState(this.dispatcher, this.owners), modelState(this.model, this.owners.keys()))
    demand(this.model.waitsInVain() === undefined, () => `request ${this.model.waitsInVain()?.number} waits though a credit is free`)
    let open = 0
    for (const owner of this.owners.values()) open += owner.open.size
    demand(open === this.effects.owed.size, () => `${open} requests are open, ${this.effects.owed.size} outcomes are owed`)
  }

  private newRequest({ number, owner, bytes, ownLimitMs, attempt, inParts }: ModelRequest, name: string): DispatchRequest {
    const request = new DispatchRequest(number, this.owner(owner), this.dispatcher.queues.get(name) as InferenceQueue)
    request.tail = new Uint8Array(1)
    request.headerLength = bytes >> 1
    request.bodyLength = bytes - request.headerLength
    request.ownLimitMs = ownLimitMs
    request.attempt = attempt
    if (inParts) request.stream = new StreamWindow()
    this.requests.set(number, request)
    this.effects.owed.add(number)
    return request
  }

  private withOpen(number: number, run: (request: DispatchRequest) => void): void {
    const request = this.requests.get(number)
    if (request?.owner.open.get(number) === request && request) run(request)
  }

  /** Which of several containers that are equally free gets a request is the dispatcher's to choose. */
  private whereItWent(number: number, mostFree: ModelContainer[]): ModelContainer {
    const instance = this.requests.get(number)?.container?.instance
    const chosen = mostFree.find(({ id }) => id === instance)
    demand(chosen !== undefined, () => `${number} went to ${instance}, not to one of ${mostFree.map(({ id }) => id)}`)
    return chosen
  }

  private count(event: string): void {
    const [kind, , key] = event.split(' ') as [string, string, string?]
    const what = kind === 'fail' ? (key as string) : kind
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  private owner(name: string): RequestOwner {
    return this.owners.get(name) as RequestOwner
  }

  private slot(container: ModelContainer): ContainerSlot {
    return this.slots.get(container.id) as ContainerSlot
  }
}

const describe = ({ number, bytes, ownLimitMs, attempt, inParts }: ModelRequest): string =>
  `${number} (${bytes} B${inParts ? ', to be answered in parts' : ''}${ownLimitMs > 0 ? `, own limit ${ownLimitMs} ms` : ''}${attempt > 0 ? ', which may have run' : ''})`

function compare(what: string, real: string, expected: string): void {
  if (real !== expected) throw new Error(`${what} differ\n  dispatcher:\n${indent(real)}\n  model:\n${indent(expected)}`)
}

const indent = (text: string): string => text.replace(/^/gm, '    ')
