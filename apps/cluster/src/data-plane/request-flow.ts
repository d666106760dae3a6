import {
  clusterError,
  createEnvelope,
  DEADLINE_NEVER,
  type Envelope,
  type ErrorKey,
  encodeError,
  encodeMsgpack,
  MAX_UNACKED_BYTES,
  RecordFlag,
  RecordKind,
  type ResultHeader,
} from '@aicluster/protocol'
import { nameOf, ridesInline } from '@aicluster/transport'
import type { ContainerSlot } from '../dispatch/container-slot'
import { DispatchRequest } from '../dispatch/dispatch-request'
import { type DispatchEffects, Dispatcher } from '../dispatch/dispatcher'
import type { ContainerSession } from './container-session'
import { RequestCounters } from './counters'
import type { HostSession } from './host-session'

/** Monotonic stage times become times of day by adding this. */
const TIME_ORIGIN_MS = performance.timeOrigin

/**
 * The hot path: a request record becomes a {@link DispatchRequest}, a hand-out or an outcome becomes a record.
 * Headers and payloads pass through as the bytes they came in.
 */
export class RequestFlow implements DispatchEffects {
  readonly dispatcher: Dispatcher
  readonly counters = new RequestCounters()
  /** Outcomes that are errors, by code. */
  readonly failures = new Map<number, number>()
  /** Requests whose number was not the session's to use. */
  badNumbers = 0
  private readonly out = createEnvelope()

  constructor(
    private readonly now: () => number,
    private readonly epoch: number,
    /** Called when a deadline may have been armed. */
    private readonly onArmed: () => void,
    /** An application does not read what it asked for: it has to go. */
    private readonly onSlowReader: (owner: HostSession) => void,
  ) {
    this.dispatcher = new Dispatcher(now, this)
  }

  /** A `request` record of an application. */
  onRequest(session: HostSession, e: Envelope, frame: Uint8Array, nameAt: number, end: number, bodyFrames: Uint8Array[] | undefined): void {
    this.counters.received++
    if (!session.mayUse(e.request)) {
      this.badNumbers++
      return
    }
    session.highest = e.request
    const name = nameOf(e, frame, nameAt)
    const queue = this.dispatcher.queues.get(name)
    if (!queue) return this.refuse(session, e.request, name)
    const request = new DispatchRequest(e.request, session, queue)
    request.tail = frame.subarray(nameAt, end)
    request.bodyFrames = bodyFrames
    request.nameLength = e.nameLength
    request.headerLength = e.headerLength
    request.bodyLength = e.bodyLength
    request.priority = e.priority
    request.ownLimitMs = e.deadlineMs === DEADLINE_NEVER ? 0 : e.deadlineMs
    this.dispatcher.accept(request)
    this.onArmed()
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
    if (!request) return
    if (e.kind === RecordKind.result) this.counters.results++
    else this.counters.containerErrors++
    const { out } = this
    const owner = request.owner as HostSession
    if (owner.inference.outbox.window.unackedBytes > MAX_UNACKED_BYTES) return this.onSlowReader(owner)
    this.stamp(out, request)
    out.kind = e.kind
    out.epoch = this.epoch
    out.session = owner.number
    out.request = request.number
    out.attempt = request.attempt
    out.deadlineMs = 0
    out.nameLength = e.nameLength
    out.headerLength = e.headerLength
    out.bodyLength = e.bodyLength
    owner.inference.outbox.send(out, frame.subarray(nameAt, end), undefined, undefined, bodyFrames)
  }

  /** What has happened to requests so far, by the names in docs/protocol.md. */
  countersNow(): Record<string, number> {
    const { counters, dispatcher, failures } = this
    return {
      requests_received_total: counters.received,
      requests_handed_out_total: counters.handedOut,
      requests_bad_number_total: this.badNumbers,
      outcomes_result_total: counters.results + counters.echoed,
      outcomes_container_error_total: counters.containerErrors,
      late_responses_total: dispatcher.lateAnswers,
      unknown_responses_total: dispatcher.unknownAnswers,
      ...Object.fromEntries([...failures].map(([code, count]) => [`outcomes_error_${code}_total`, count])),
    }
  }

  handOut(container: ContainerSlot, request: DispatchRequest): void {
    this.counters.handedOut++
    const { out } = this
    const session = container as ContainerSession
    this.stamp(out, request)
    out.answeredAtMs = 0
    out.kind = RecordKind.request
    out.epoch = this.epoch
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
    this.onArmed()
  }

  fail(request: DispatchRequest, key: ErrorKey, detail: string): void {
    const { settings } = request.queue
    const args = key === 'inferenceTakesNoInput' ? [settings.name] : []
    const hint = key === 'inferenceTakesNoInput' ? "its input is None; set input: 'Main' and output: 'Main' in its config" : detail
    this.sendError(request.owner as HostSession, request.number, key, hint, args, request)
  }

  echo(request: DispatchRequest): void {
    this.counters.echoed++
    const { out } = this
    const owner = request.owner as HostSession
    const nowMs = TIME_ORIGIN_MS + this.now()
    const body = this.bodyOf(request)
    const header = encodeMsgpack({ result: null, echo: true, received_at: nowMs, sent_at: nowMs } satisfies ResultHeader)
    this.stamp(out, request)
    out.kind = RecordKind.result
    out.epoch = this.epoch
    out.session = owner.number
    out.request = request.number
    out.deadlineMs = 0
    out.nameLength = request.nameLength
    out.headerLength = header.length
    out.bodyLength = body.length
    const name = (request.tail as Uint8Array).subarray(0, request.nameLength)
    if (ridesInline(body.length)) owner.inference.outbox.send(out, name, header, body)
    else owner.inference.outbox.send(out, name, header, undefined, [body])
    request.dropData()
  }

  cancel(container: ContainerSlot, request: DispatchRequest): void {
    const { out } = this
    const session = container as ContainerSession
    out.kind = RecordKind.cancel
    out.flags = 0
    out.epoch = this.epoch
    out.session = session.number
    out.request = request.number
    out.nameLength = out.headerLength = out.bodyLength = 0
    session.requests?.outbox.send(out)
  }

  keep(request: DispatchRequest): void {
    // A slice of 100 bytes would pin the 64 KB batch it came in.
    request.tail = Buffer.from(request.tail as Uint8Array)
  }

  private bodyOf(request: DispatchRequest): Uint8Array {
    if (request.bodyFrames) return Buffer.concat(request.bodyFrames, request.bodyLength)
    const tail = request.tail as Uint8Array
    return tail.subarray(tail.length - request.bodyLength)
  }

  private refuse(session: HostSession, number: number, name: string): void {
    this.sendError(session, number, 'unregisteredInference', `nothing is registered under ${JSON.stringify(name)}`, [])
  }

  private sendError(owner: HostSession, number: number, key: ErrorKey, detail: string, args: string[], request?: DispatchRequest): void {
    const error = clusterError(key, { detail, args })
    this.failures.set(error.code, (this.failures.get(error.code) ?? 0) + 1)
    const header = encodeError(error)
    const { out } = this
    if (request) this.stamp(out, request)
    else out.flags = 0
    out.kind = RecordKind.error
    out.epoch = this.epoch
    out.session = owner.number
    out.request = number
    out.deadlineMs = 0
    out.nameLength = 0
    out.headerLength = header.length
    out.bodyLength = 0
    owner.inference.outbox.send(out, header)
  }

  private stamp(out: Envelope, request: DispatchRequest): void {
    out.flags = RecordFlag.stamps
    out.priority = 0
    out.attempt = 0
    out.part = 0
    out.receivedAtMs = TIME_ORIGIN_MS + request.arrivedAtMs
    out.sentAtMs = request.sentAtMs > 0 ? TIME_ORIGIN_MS + request.sentAtMs : 0
    out.answeredAtMs = TIME_ORIGIN_MS + this.now()
  }
}
