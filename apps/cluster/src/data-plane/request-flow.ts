import { createEnvelope, DEADLINE_NEVER, type Envelope, type ErrorKey, RecordFlag, RecordKind } from '@aicluster/protocol'
import { nameOf } from '@aicluster/transport'
import type { ContainerSlot } from '../dispatch/container-slot'
import type { DispatchEffects } from '../dispatch/dispatch-effects'
import type { DispatchLimits } from '../dispatch/dispatch-limits'
import { DispatchRequest } from '../dispatch/dispatch-request'
import { Dispatcher } from '../dispatch/dispatcher'
import { count, FigureColumn } from '../dispatch/inference-figures'
import { StreamWindow } from '../dispatch/stream-window'
import type { HandOutJournal } from '../journal/hand-out-journal'
import type { ContainerSession } from './container-session'
import { RequestCounters } from './counters'
import { echoOutcome, HostOutcome, takenOutcome } from './host-outcome'
import type { HostSession } from './host-session'
import { TIME_ORIGIN_MS } from './message-clock'
import { Outcomes } from './outcomes'
import { StreamFlow } from './stream-flow'

/** What the hot path needs from around it. */
export interface RequestFlowOptions {
  now: () => number
  epoch: number
  limits: DispatchLimits
  journal: HandOutJournal
  /** A deadline was armed while there was none. */
  onArmed(): void
  /** An application does not read what it asked for: it has to go. */
  onSlowReader(owner: HostSession): void
  /** A container counts as hung: it has to go. */
  onHung(container: ContainerSession, request: DispatchRequest): void
  /** A container has answered what nobody wants, or not yet again. */
  onUnwanted(container: ContainerSession, number: number): void
  /** Whether a number that an earlier manager gave out was given to the application of this session. */
  mayClaim(number: number, session: HostSession): boolean
  /** A request of an earlier epoch was sent again. */
  onEarlier(request: DispatchRequest): void
}

/**
 * The hot path: a request record becomes a {@link DispatchRequest}, a hand-out becomes a record, an answer becomes a
 * {@link HostOutcome}. Headers and payloads pass through as the bytes they came in.
 */
export class RequestFlow implements DispatchEffects {
  readonly dispatcher: Dispatcher
  /** Answers in parts. */
  readonly streams: StreamFlow
  readonly counters = new RequestCounters()
  /** The first request number of this epoch; lower ones were given out by an earlier manager. */
  firstNumber = 0
  private readonly out = createEnvelope()
  private readonly outcomes: Outcomes

  constructor(private readonly options: RequestFlowOptions) {
    this.outcomes = new Outcomes(options.now, options.onSlowReader)
    this.dispatcher = new Dispatcher(options.now, this, options.limits)
    this.streams = new StreamFlow(this.dispatcher, options.epoch)
  }

  /** A `request` record of an application. */
  onRequest(session: HostSession, e: Envelope, frame: Uint8Array, nameAt: number, end: number, bodyFrames: Uint8Array[] | undefined): void {
    this.counters.received++
    const number = e.request
    const earlier = number < this.firstNumber
    if (!earlier && !session.owns(number)) {
      this.counters.badNumbers++
      return
    }
    if (!session.requests.accepts(number)) {
      this.counters.repeated++
      return
    }
    if (earlier && !this.options.mayClaim(number, session)) return this.refuseClaim(session, number)
    const name = nameOf(e, frame, nameAt)
    const queue = this.dispatcher.queues.get(name)
    if (!queue) return this.refuseUnregistered(session, number, name)
    count(queue.figures, FigureColumn.requestBytes, e.headerLength + e.bodyLength)
    const request = new DispatchRequest(number, session, queue)
    request.tail = frame.subarray(nameAt, end)
    request.bodyFrames = bodyFrames
    request.nameLength = e.nameLength
    request.headerLength = e.headerLength
    request.bodyLength = e.bodyLength
    request.priority = e.priority
    request.ownLimitMs = e.deadlineMs === DEADLINE_NEVER ? 0 : e.deadlineMs
    // What a sink does with a request goes nowhere.
    if (e.flags & RecordFlag.wantsParts && !queue.settings.sink) request.stream = new StreamWindow()
    if (earlier) this.options.onEarlier(request)
    else this.dispatcher.accept(request)
  }

  /** A `result` or `error` record of a container. */
  onAnswer(
    container: ContainerSession,
    e: Envelope,
    frame: Uint8Array,
    nameAt: number,
    end: number,
    bodyFrames: Uint8Array[] | undefined,
  ): void {
    const request = this.dispatcher.answer(container, e.request)
    if (!request) {
      // Said again, and not to be forgotten yet: its reader may miss some of its parts.
      return this.streams.isUnread(container, e.request) ? undefined : this.options.onUnwanted(container, e.request)
    }
    let outcome: HostOutcome
    if (e.kind === RecordKind.result && request.queue.settings.sink) {
      // Its program had taken it: that word got lost, and this one stands in for it.
      this.counters.taken++
      outcome = takenOutcome(e.request)
    } else {
      if (e.kind === RecordKind.result) this.counters.results++
      else {
        this.counters.containerErrors++
        count(request.queue.figures, FigureColumn.container)
      }
      outcome = new HostOutcome(e.request, e.kind, frame.subarray(nameAt, end), bodyFrames, e.bodyLength)
      outcome.nameLength = e.nameLength
      outcome.headerLength = e.headerLength
      outcome.bodyLength = e.bodyLength
    }
    outcome.attempt = request.attempt
    outcome.container = container
    if (request.stream) {
      outcome.part = e.part
      this.streams.end(request, outcome)
    }
    container.delivering()
    this.outcomes.deliver(request.owner as HostSession, outcome, request)
  }

  /**
   * The program of a sink has taken a request: that is its outcome.
   * @returns false: nobody waits for it
   */
  onTaken(container: ContainerSession, number: number): boolean {
    const request = this.dispatcher.taken(container, number)
    if (!request) return false
    this.counters.taken++
    const outcome = takenOutcome(number)
    container.taken.set(number, outcome)
    this.outcomes.deliver(request.owner as HostSession, outcome, request)
    return true
  }

  /** What has happened to requests so far, by the names in docs/protocol.md. */
  countersNow(): Record<string, number> {
    const { counters, dispatcher } = this
    return {
      requests_received_total: counters.received,
      requests_handed_out_total: counters.handedOut,
      requests_bad_number_total: counters.badNumbers,
      requests_repeated_total: counters.repeated,
      outcomes_result_total: counters.results + counters.echoed,
      outcomes_taken_total: counters.taken,
      outcomes_container_error_total: counters.containerErrors,
      late_responses_total: dispatcher.lateAnswers,
      unknown_responses_total: dispatcher.unknownAnswers,
      ...this.streams.countersNow(),
      ...this.outcomes.countersNow(),
    }
  }

  handOut(container: ContainerSlot, request: DispatchRequest): void {
    this.counters.handedOut++
    this.options.journal.add(request.number)
    const { out } = this
    const session = container as ContainerSession
    out.flags = RecordFlag.stamps
    if (request.stream) out.flags |= RecordFlag.wantsParts
    else if (request.queue.settings.sink) out.flags |= RecordFlag.sink
    out.receivedAtMs = TIME_ORIGIN_MS + request.arrivedAtMs
    out.sentAtMs = TIME_ORIGIN_MS + request.sentAtMs
    out.answeredAtMs = 0
    out.kind = RecordKind.request
    out.epoch = this.options.epoch
    out.session = session.number
    out.request = request.number
    out.attempt = request.attempt
    out.priority = request.priority
    const limitMs = request.deadlineMs - request.sentAtMs
    out.deadlineMs = limitMs >= DEADLINE_NEVER ? DEADLINE_NEVER : Math.max(1, Math.ceil(limitMs))
    out.nameLength = request.nameLength
    out.headerLength = request.headerLength
    out.bodyLength = request.bodyLength
    session.requests?.outbox.send(out, request.tail, undefined, undefined, request.bodyFrames)
  }

  fail(request: DispatchRequest, key: ErrorKey, detail: string): void {
    const { settings } = request.queue
    const takesNone = key === 'inferenceTakesNoInput'
    const hint = takesNone ? "its input is None; set input: 'Main' and output: 'Main' in its config" : detail
    this.outcomes.fail(request.owner as HostSession, request.number, key, hint, takesNone ? [settings.name] : [], request)
  }

  echo(request: DispatchRequest): void {
    if (request.queue.settings.sink) {
      this.counters.taken++
      return this.outcomes.deliver(request.owner as HostSession, takenOutcome(request.number), request)
    }
    this.counters.echoed++
    this.outcomes.deliver(request.owner as HostSession, echoOutcome(request, TIME_ORIGIN_MS + this.options.now()), request)
  }

  cancel(container: ContainerSlot, request: DispatchRequest): void {
    this.cancelNumber(container as ContainerSession, request.number)
  }

  /** Tell a container that nobody wants this any more. */
  cancelNumber(container: ContainerSession, number: number): void {
    const { out } = this
    out.kind = RecordKind.cancel
    out.flags = 0
    out.epoch = this.options.epoch
    out.session = container.number
    out.request = number
    out.attempt = out.priority = out.deadlineMs = out.nameLength = out.headerLength = out.bodyLength = 0
    container.requests?.outbox.send(out)
  }

  keep(request: DispatchRequest): void {
    // A slice of 100 bytes would pin the 64 KB batch it came in.
    request.tail = Buffer.from(request.tail as Uint8Array)
  }

  hung(container: ContainerSlot, request: DispatchRequest): void {
    this.options.onHung(container as ContainerSession, request)
  }

  armed(): void {
    this.options.onArmed()
  }

  /** It is in the table of another application's numbers, of before a restart. */
  private refuseClaim(session: HostSession, number: number): void {
    const detail = `request ${number} was not given to ${JSON.stringify(session.principal.name)}: only who sent it may ask for it again`
    this.outcomes.fail(session, number, 'notPermitted', detail)
  }

  private refuseUnregistered(session: HostSession, number: number, name: string): void {
    this.outcomes.fail(session, number, 'unregisteredInference', `nothing is registered under ${JSON.stringify(name)}`)
  }
}
