import { decodeNumbers, type Envelope, encodeNumbers, RecordKind } from '@aicluster/protocol'
import { bodyOf, ridesInline } from '@aicluster/transport'
import type { OnRecord, Peer } from './greeter'
import { HostOutcome } from './host-outcome'
import type { HostSession } from './host-session'
import { type HostDeskParts, HostSessions } from './host-sessions'

/** Applications: their hello on either link, their requests, their commands, their end. */
export class HostDesk {
  readonly sessions: HostSessions

  constructor(private readonly parts: HostDeskParts) {
    this.sessions = new HostSessions(parts)
  }

  readonly onInference: OnRecord = (peer, e, frame, nameAt, end, bodyFrames) => {
    const session = peer.state
    if (session?.role !== 'host' || e.kind === RecordKind.hello) {
      const { epoch, session: number } = e
      return this.parts.greeter.greet(peer, e, frame, nameAt, (header) => this.sessions.onHello(peer, header, epoch, number))
    }
    if (e.kind === RecordKind.request) this.parts.flow.onRequest(session, e, frame, nameAt, end, bodyFrames)
    else if (e.kind === RecordKind.reconcile) this.reconcileRequests(peer, session, e.request, bodyOf(e, frame, nameAt, bodyFrames))
    else this.onOther(peer, session, e)
  }

  readonly onManagement: OnRecord = (peer, e, frame, nameAt, _end, bodyFrames) => {
    const session = peer.state
    if (session?.role !== 'host' || e.kind === RecordKind.hello) {
      return this.parts.greeter.greet(peer, e, frame, nameAt, (header) => this.sessions.joinSession(peer, header))
    }
    if (e.kind === RecordKind.command) this.onCommand(session, e.request, bodyOf(e, frame, nameAt, bodyFrames))
    else if (e.kind === RecordKind.reconcile) this.reconcileCommands(peer, session, e.request, bodyOf(e, frame, nameAt, bodyFrames))
    else this.onOther(peer, session, e)
  }

  readonly onInferenceGone = (peer: Peer): void => {
    if (peer.state?.role === 'host' && peer.state.inference === peer) this.sessions.onAway(peer.state)
  }

  readonly onManagementGone = (peer: Peer): void => {
    const session = peer.state
    if (session?.role !== 'host' || session.management !== peer) return
    session.management = undefined
    session.commands.down()
  }

  /** Everything up to this link sequence has arrived. */
  onAck(peer: Peer, session: HostSession, sequence: number): void {
    if (peer === session.inference) {
      session.requests.outcomes.acknowledged(sequence)
      session.published?.acknowledged(sequence)
    } else if (peer === session.management) session.commands.outcomes.acknowledged(sequence)
  }

  /** Records of an application are missing. */
  onGap(peer: Peer, session: HostSession): void {
    const half = peer === session.inference ? session.requests : session.commands
    half.gap()
    this.parts.greeter.signal(peer, RecordKind.resync, session.number)
  }

  /** Ask an application to say what it has open, and so to send again what got lost. */
  resync(session: HostSession): void {
    session.requests.gap()
    if (session.inference) this.parts.greeter.signal(session.inference, RecordKind.resync, session.number)
  }

  /** Called twice a second: what got lost shows, who does not come back is forgotten, and who waits for numbers gets them. */
  beat(): void {
    this.sessions.endExpired()
    this.sessions.grantWaiting()
    for (const session of this.sessions.all) {
      this.beatLink(session.inference, session.requests, session.number)
      this.beatLink(session.management, session.commands, session.number)
    }
  }

  /** A command's result or error, to the application that sent it. */
  answer(
    sessionNumber: number,
    request: number,
    kind: typeof RecordKind.reply | typeof RecordKind.commandError,
    payload: Uint8Array,
  ): void {
    const session = this.sessions.get(sessionNumber)
    if (!session?.commandsInProgress.delete(request)) return
    const inline = ridesInline(payload.length)
    const outcome = new HostOutcome(request, kind, inline ? payload : undefined, inline ? undefined : [payload], payload.length)
    outcome.bodyLength = payload.length
    session.commands.outcomes.add(outcome)
  }

  /** How far a command is. It may get lost: nothing depends on it. */
  progress(sessionNumber: number, request: number, payload: Uint8Array): void {
    const session = this.sessions.get(sessionNumber)
    if (!session?.management || !session.commandsInProgress.has(request)) return
    this.parts.greeter.sendBody(session.management, RecordKind.progress, sessionNumber, request, payload)
  }

  private onCommand(session: HostSession, request: number, body: Uint8Array): void {
    const { counters, options } = this.parts
    if (!session.commands.accepts(request)) return counters.add('commands_repeated_total')
    counters.add('commands_received_total')
    session.commandsInProgress.add(request)
    // The control plane is on another thread: it gets bytes of its own.
    const command = new Uint8Array(body)
    options.emit({
      type: 'command',
      session: session.number,
      request,
      command,
      from: `${session.host}:${session.pid}`,
      principal: session.principal,
    })
  }

  private reconcileRequests(peer: Peer, session: HostSession, round: number, body: Uint8Array): void {
    const { flow, counters } = this.parts
    const unwanted = this.reconcile(peer, session, round, body, session.requests, session.open)
    if (!unwanted) return
    counters.add('reconciliations_total')
    for (const number of unwanted) {
      const request = session.open.get(number)
      if (request) flow.dispatcher.cancel(request)
    }
  }

  private reconcileCommands(peer: Peer, session: HostSession, round: number, body: Uint8Array): void {
    const { commands, commandsInProgress } = session
    const unwanted = this.reconcile(peer, session, round, body, commands, commandsInProgress)
    // Nobody waits for the reply; it takes back what it can.
    for (const number of unwanted ?? []) this.cancelCommand(session, number)
    for (const number of unwanted ?? []) commandsInProgress.delete(number)
  }

  /** Answer a reconcile record. @returns what is in progress and not wanted any more; undefined if the record makes no sense */
  private reconcile(
    peer: Peer,
    session: HostSession,
    round: number,
    body: Uint8Array,
    half: HostSession['requests'],
    inProgress: Parameters<HostSession['requests']['reconcile']>[1],
  ): number[] | undefined {
    const open = decodeNumbers(body)
    if (!open) {
      this.parts.counters.add('records_unexpected_total')
      return undefined
    }
    peer.accounted()
    const { unknown, unwanted } = half.reconcile(open, inProgress)
    this.parts.greeter.sendBody(peer, RecordKind.reconciled, session.number, round, encodeNumbers(unknown))
    half.resend(open)
    return unwanted
  }

  private onOther(peer: Peer, session: HostSession, e: Envelope): void {
    switch (e.kind) {
      case RecordKind.ping:
        return this.parts.greeter.signal(peer, RecordKind.pong, session.number)
      case RecordKind.moreNumbers:
        return this.sessions.grantNumbers(session)
      case RecordKind.cancel:
        return peer === session.management ? this.cancelCommand(session, e.request) : this.cancel(session, e.request)
      case RecordKind.window:
        return this.parts.flow.streams.onWindow(session, e)
      case RecordKind.goodbye:
        return peer === session.inference ? this.sessions.end(session, 'said goodbye') : undefined
      case RecordKind.pong:
        return
      default:
        this.parts.counters.add('records_unexpected_total')
    }
  }

  private cancel(session: HostSession, number: number): void {
    const request = session.open.get(number)
    if (!request) return this.parts.flow.streams.forget(session, number)
    this.parts.counters.add('requests_cancelled_total')
    this.parts.flow.dispatcher.cancel(request)
  }

  private cancelCommand(session: HostSession, number: number): void {
    if (!session.commandsInProgress.has(number)) return
    this.parts.counters.add('commands_cancelled_total')
    this.parts.options.emit({ type: 'command-cancelled', session: session.number, request: number })
  }

  private beatLink(peer: Peer | undefined, half: HostSession['requests'], session: number): void {
    if (!peer) return
    if (half.awaitsReconciliation) this.parts.greeter.signal(peer, RecordKind.resync, session)
    else if (half.outcomes.size > 0 || peer.outbox.awaitsAck) this.parts.greeter.signal(peer, RecordKind.ping, session)
  }
}
