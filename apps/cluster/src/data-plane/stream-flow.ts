import { clusterError, createEnvelope, type Envelope, encodeError, MAX_RETAINED_BYTES, RecordFlag, RecordKind } from '@aicluster/protocol'
import type { DispatchRequest } from '../dispatch/dispatch-request'
import type { Dispatcher } from '../dispatch/dispatcher'
import type { ContainerSession } from './container-session'
import type { HostOutcome } from './host-outcome'
import type { HostSession } from './host-session'

/** To an application that has not acknowledged so many bytes no part is passed on: its container keeps it. */
const MAX_UNACKED_BYTES = MAX_RETAINED_BYTES

/** A stream whose outcome is there, and whose reader has not taken every part: the container keeps them, and the manager the outcome. */
interface EndedStream {
  request: DispatchRequest
  outcome: HostOutcome
}

/**
 * Parts on their way from containers to applications, and the words of readers on their way back. No part is kept here, decoded or
 * copied: what does not reach its reader is asked for again, and comes from the container.
 */
export class StreamFlow {
  private readonly ended = new Map<number, EndedStream>()
  private readonly out = createEnvelope()
  private passed = 0
  private dropped = 0
  private skipped = 0

  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly epoch: number,
  ) {}

  /** Streams whose outcome is there, and whose reader still takes parts. */
  get unread(): number {
    return this.ended.size
  }

  /** What has happened to parts so far, by the names in docs/protocol.md. */
  countersNow(): Record<string, number> {
    return { parts_passed_total: this.passed, parts_dropped_total: this.dropped, parts_skipped_total: this.skipped }
  }

  /** A `part` record of a container. */
  onPart(
    container: ContainerSession,
    e: Envelope,
    frame: Uint8Array,
    nameAt: number,
    end: number,
    bodyFrames: Uint8Array[] | undefined,
  ): void {
    const { streams } = this.dispatcher
    const request = streams.admit(container, e.request, e.part) ?? this.admitEnded(container, e.request, e.part)
    if (!request) {
      this.dropped++
      return
    }
    const owner = request.owner as HostSession
    if (!canTake(owner)) {
      this.skipped++
      return streams.skip(request)
    }
    this.passed++
    streams.pass(request, e.headerLength + e.bodyLength)
    const { out } = this
    this.address(RecordKind.part, owner.number, e.request, e.part)
    out.attempt = e.attempt
    out.nameLength = e.nameLength
    out.headerLength = e.headerLength
    out.bodyLength = e.bodyLength
    owner.inference?.outbox.send(out, frame.subarray(nameAt, end), undefined, undefined, bodyFrames)
  }

  /** A `window` record of an application: what it has taken, or what it misses. */
  onWindow(session: HostSession, e: Envelope): void {
    const { streams } = this.dispatcher
    const again = (e.flags & RecordFlag.again) !== 0
    const ended = this.endedOf(session, e.request)
    const request = session.open.get(e.request) ?? ended?.request
    if (!request) return again ? this.onUnknown(session, e.request) : undefined
    if (!request.stream) return
    // The last word of a reader that has every part, whether or not its container is still there; the outcome may have to arrive yet.
    if (ended && !again && e.part >= ended.outcome.part) return session.requests.outcomes.unhold(ended.outcome)
    if (ended && !(request.container as ContainerSession).connected) return again ? this.endGone(session, ended) : undefined
    if (again) streams.rewind(request, e.part)
    else streams.take(request, e.part)
    this.tellContainer(request, e.part, again)
    if (request.stream.skipped && canTake(session)) {
      streams.rewind(request, request.stream.next)
      this.tellContainer(request, request.stream.next, true)
    }
  }

  /** The outcome of a stream is there: it stays until the reader has taken every part. */
  end(request: DispatchRequest, outcome: HostOutcome): void {
    const { number } = request
    if (!request.stream || outcome.part <= request.stream.taken || this.ended.has(number)) return
    outcome.held = true
    outcome.compact()
    outcome.onReleased = () => this.ended.delete(number)
    this.ended.set(number, { request, outcome })
  }

  /** Whether this container has ended a stream of this number, and its reader still takes parts: the container keeps them. */
  isUnread(container: ContainerSession, number: number): boolean {
    return this.ended.get(number)?.request.container === container
  }

  /** The application does not want the rest of a stream whose outcome it has, or that is on its way. */
  forget(session: HostSession, number: number): void {
    const ended = this.endedOf(session, number)
    if (ended) session.requests.outcomes.letGo(ended.outcome)
  }

  private admitEnded(container: ContainerSession, number: number, part: number): DispatchRequest | undefined {
    const request = this.ended.get(number)?.request
    return request?.container === container && request.stream?.admits(part) ? request : undefined
  }

  private endedOf(session: HostSession, number: number): EndedStream | undefined {
    const ended = this.ended.get(number)
    return ended?.request.owner === session ? ended : undefined
  }

  /** Parts are missing, and their container is gone with them. */
  private endGone(session: HostSession, { request, outcome }: EndedStream): void {
    session.requests.outcomes.letGo(outcome)
    this.refuse(session, request.number)
  }

  /** Parts are missing of what is not open here. Its outcome may be on its way; if not, nobody can send them any more. */
  private onUnknown(session: HostSession, number: number): void {
    const { requests } = session
    if (requests.awaitsReconciliation) return
    for (const outcome of requests.outcomes) if (outcome.number === number) return
    this.refuse(session, number)
  }

  /** Not kept until it is acknowledged: who still misses parts asks again. */
  private refuse(session: HostSession, number: number): void {
    const detail = 'parts of the answer were lost on their way, and the container that could send them again is gone'
    const header = encodeError(clusterError('containerDisconnect', { detail }))
    this.address(RecordKind.error, session.number, number, 0)
    this.out.headerLength = header.length
    session.inference?.outbox.send(this.out, header)
  }

  private tellContainer({ container, number }: DispatchRequest, part: number, again: boolean): void {
    const session = container as ContainerSession | undefined
    if (!session?.requests) return
    this.address(RecordKind.window, session.number, number, part)
    if (again) this.out.flags = RecordFlag.again
    session.requests.outbox.send(this.out)
  }

  private address(kind: RecordKind, session: number, request: number, part: number): void {
    const { out } = this
    out.kind = kind
    out.flags = 0
    out.epoch = this.epoch
    out.session = session
    out.request = request
    out.part = part
    out.attempt = out.nameLength = out.headerLength = out.bodyLength = 0
  }
}

/** Whether a part may be sent to it now. */
const canTake = ({ inference }: HostSession): boolean => inference !== undefined && inference.outbox.window.unackedBytes < MAX_UNACKED_BYTES
