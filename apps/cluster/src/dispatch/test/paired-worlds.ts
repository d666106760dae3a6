import { NumberTable } from '@aicluster/transport'
import { ContainerSlot } from '../container-slot'
import { DispatchRequest, type RequestOwner } from '../dispatch-request'
import { Dispatcher } from '../dispatcher'
import type { InferenceQueue, QueueSettings } from '../inference-queue'
import { demand } from './demand'
import { type ModelContainer, type ModelRequest, ReferenceModel } from './reference-model'
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
  ) {
    this.dispatcher = new Dispatcher(() => this.nowMs, this.effects)
    this.model = new ReferenceModel(() => this.nowMs)
    for (const name of owners) this.owners.set(name, { open: new NumberTable() })
  }

  register(settings: QueueSettings): void {
    const { name, acceptsInput, loop, sendTimeoutMs, responseTimeoutMs, limit, limitBytes } = settings
    const kind = loop ? ' Loop' : acceptsInput ? '' : ' without input'
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
    const real = new DispatchRequest(request.number, this.owner(request.owner), this.dispatcher.queues.get(name) as InferenceQueue)
    real.tail = new Uint8Array(1)
    real.headerLength = request.bytes >> 1
    real.bodyLength = request.bytes - real.headerLength
    real.ownLimitMs = request.ownLimitMs
    this.requests.set(request.number, real)
    this.effects.owed.add(request.number)
    const own = request.ownLimitMs > 0 ? `, own limit ${request.ownLimitMs} ms` : ''
    this.step(
      `${request.owner} sends ${request.number} to ${name}, ${request.bytes} B${own}`,
      () => this.dispatcher.accept(real),
      () =>
        this.model.accept(request, name, (mostFree) => {
          const chosen = mostFree.find(({ id }) => id === real.container?.instance)
          demand(chosen !== undefined, () => `it went to ${real.container?.instance}, not to one of ${mostFree.map(({ id }) => id)}`)
          return chosen
        }),
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

  started(container: ModelContainer, numbers: number[]): void {
    this.step(
      `${container.id} has begun ${numbers}`,
      () => this.dispatcher.started(this.slot(container), numbers),
      () => this.model.started(container, numbers),
    )
  }

  deleteQueued(number: number): void {
    const request = this.requests.get(number) as DispatchRequest
    const waits = request.state === 'queued'
    this.step(
      `delete ${number}`,
      () => demand(this.dispatcher.deleteQueued(request) === waits, () => 'the answer is not whether it waited'),
      () => this.model.deleteQueued(number),
    )
  }

  cancel(number: number): void {
    this.effects.owed.delete(number)
    this.step(
      `cancel ${number}`,
      () => this.dispatcher.cancel(this.requests.get(number) as DispatchRequest),
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
    const { dispatcher, effects } = this
    demand(!dispatcher.busy, () => 'at rest the dispatcher is busy')
    demand(effects.owed.size === 0, () => `at rest outcomes are owed: ${[...effects.owed]}`)
    demand(dispatcher.armedDeadlines === 0, () => `at rest ${dispatcher.armedDeadlines} deadlines are armed`)
    for (const [name, { open }] of this.owners) demand(open.size === 0, () => `at rest ${name} has open requests`)
    for (const { instance, inFlight } of this.slots.values()) demand(inFlight.size === 0, () => `at rest ${instance} holds requests`)
    for (const { settings, waiting, waitingBytes, inFlight, oldest } of this.everyQueue) {
      const nothing = waiting === 0 && waitingBytes === 0 && inFlight === 0 && oldest === undefined
      demand(nothing, () => `at rest ${settings.name}: ${waiting} waiting, ${waitingBytes} B, ${inFlight} in flight`)
    }
  }

  /** At rest, everything unregistered and disconnected: no map has an entry. */
  assertEmpty(): void {
    this.assertAtRest()
    demand(this.dispatcher.queues.size === 0, () => 'at the end queues are left')
    demand(this.dispatcher.containers.size === 0, () => 'at the end containers are left')
    for (const { settings, subscriptions } of this.everyQueue) {
      demand(subscriptions.length === 0, () => `at the end ${settings.name} has subscriptions`)
    }
  }

  private step(text: string, real: () => void, model: () => string[]): void {
    this.note(`at ${this.nowMs}: ${text}`)
    this.effects.events = []
    real()
    const { events } = this.effects
    for (const event of events) {
      this.note(`  ${event}`)
      this.count(event)
    }
    compare('events', events.join('\n'), model().join('\n'))
    compare('state', visibleState(this.dispatcher, this.owners), modelState(this.model, this.owners.keys()))
    let open = 0
    for (const owner of this.owners.values()) open += owner.open.size
    demand(open === this.effects.owed.size, () => `${open} requests are open, ${this.effects.owed.size} outcomes are owed`)
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

function compare(what: string, real: string, expected: string): void {
  if (real !== expected) throw new Error(`${what} differ\n  dispatcher:\n${indent(real)}\n  model:\n${indent(expected)}`)
}

const indent = (text: string): string => text.replace(/^/gm, '    ')
