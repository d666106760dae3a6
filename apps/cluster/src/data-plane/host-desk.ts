import {
  clusterError,
  decodeNumbers,
  type Envelope,
  encodeMsgpack,
  encodeNumbers,
  type HostHello,
  MAX_RETAINED_BYTES,
  RecordKind,
} from '@aicluster/protocol'
import { bodyOf, ridesInline } from '@aicluster/transport'
import type { Counters } from './counters'
import type { DataPlaneOptions } from './data-plane-options'
import { type Greeter, hex, type Peer, refusal, tokenMatches } from './greeter'
import { HostOutcome } from './host-outcome'
import { HostSession } from './host-session'
import type { NumberReserve } from './number-reserve'
import type { RequestFlow } from './request-flow'

/** What the desk of applications works with. */
export interface HostDeskParts {
  options: DataPlaneOptions
  now: () => number
  greeter: Greeter
  flow: RequestFlow
  numbers: NumberReserve
  counters: Counters
  nextSession: () => number
}

/** Applications: their hello on either link, their requests, their commands, their end. */
export class HostDesk {
  private readonly sessions = new Map<number, HostSession>()
  private readonly bySecret = new Map<string, HostSession>()
  private readonly waitingForNumbers = new Set<HostSession>()
  draining = false

  constructor(private readonly parts: HostDeskParts) {}

  get all(): Iterable<HostSession> {
    return this.sessions.values()
  }

  get(session: number): HostSession | undefined {
    return this.sessions.get(session)
  }

  readonly onInference = (
    peer: Peer,
    e: Envelope,
    frame: Uint8Array,
    nameAt: number,
    end: number,
    bodyFrames: Uint8Array[] | undefined,
  ): void => {
    const session = peer.state
    if (session?.role !== 'host' || e.kind === RecordKind.hello) {
      const { epoch, session: number } = e
      return this.parts.greeter.greet(peer, e, frame, nameAt, (header) => this.onHello(peer, header, epoch, number))
    }
    if (e.kind === RecordKind.request) this.parts.flow.onRequest(session, e, frame, nameAt, end, bodyFrames)
    else if (e.kind === RecordKind.reconcile) this.reconcileRequests(peer, session, e.request, bodyOf(e, frame, nameAt, bodyFrames))
    else this.onOther(peer, session, e)
  }

  readonly onManagement = (
    peer: Peer,
    e: Envelope,
    frame: Uint8Array,
    nameAt: number,
    _end: number,
    bodyFrames: Uint8Array[] | undefined,
  ): void => {
    const session = peer.state
    if (session?.role !== 'host' || e.kind === RecordKind.hello) {
      return this.parts.greeter.greet(peer, e, frame, nameAt, (header) => this.joinSession(peer, header))
    }
    if (e.kind === RecordKind.command) this.onCommand(session, e.request, bodyOf(e, frame, nameAt, bodyFrames))
    else if (e.kind === RecordKind.reconcile) this.reconcileCommands(peer, session, e.request, bodyOf(e, frame, nameAt, bodyFrames))
    else this.onOther(peer, session, e)
  }

  readonly onInferenceGone = (peer: Peer): void => {
    if (peer.state?.role === 'host' && peer.state.inference === peer) this.onAway(peer.state)
  }

  readonly onManagementGone = (peer: Peer): void => {
    const session = peer.state
    if (session?.role !== 'host' || session.management !== peer) return
    session.management = undefined
    session.commands.down()
  }

  /** Everything up to this link sequence has arrived. */
  onAck(peer: Peer, session: HostSession, sequence: number): void {
    if (peer === session.inference) session.requests.outcomes.acknowledged(sequence)
    else if (peer === session.management) session.commands.outcomes.acknowledged(sequence)
  }

  /** Records of an application are missing. */
  onGap(peer: Peer, session: HostSession): void {
    const half = peer === session.inference ? session.requests : session.commands
    half.gap()
    this.parts.greeter.sendHeader(peer, RecordKind.resync, NOTHING, session.number)
  }

  /** Ask an application to say what it has open, and so to send again what got lost. */
  resync(session: HostSession): void {
    session.requests.gap()
    if (session.inference) this.parts.greeter.sendHeader(session.inference, RecordKind.resync, NOTHING, session.number)
  }

  /** Called twice a second: what got lost shows, and who does not come back is forgotten. */
  beat(): void {
    const nowMs = this.parts.now()
    for (const session of this.sessions.values()) {
      if (nowMs >= session.endsAtMs) {
        this.parts.counters.add('sessions_expired_total')
        this.endSession(session, 'did not come back in time')
        continue
      }
      this.beatLink(session.inference, session.requests, session.number)
      this.beatLink(session.management, session.commands, session.number)
    }
  }

  /** End the session of an application that does not read its outcomes; it learns so, and everything it has open is 314. */
  cutOff(session: HostSession): void {
    this.parts.counters.add('hosts_cut_off_total')
    const reason = `more outcomes were not read than a session may have (${MAX_RETAINED_BYTES} bytes, or 200000)`
    this.parts.options.log('warn', { session: session.number, host: session.host, pid: session.pid }, `application cut off: ${reason}`)
    const { inference } = session
    this.endSession(session, 'was cut off')
    if (inference) this.parts.greeter.refuse(inference, clusterError('outcomeExpired', { detail: reason }))
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

  private onHello(peer: Peer, header: Uint8Array, epoch: number, number: number): void {
    const { greeter, options } = this.parts
    const hello = greeter.readHello('host', 'inference', header)
    const { hostTokenSha256 } = options
    if (hostTokenSha256 && !tokenMatches(hello.token, hostTokenSha256)) {
      throw refusal('the token is not the one of this cluster (manager.json in its state folder has it, or set AICLUSTER_TOKEN)')
    }
    const existing = this.bySecret.get(hex(hello.session_secret))
    if (existing) return this.resume(existing, peer, number)
    if (epoch === options.epoch && number !== 0) {
      throw clusterError('outcomeExpired', {
        detail: `session ${number} has ended: it did not come back in time, or was ended by the cluster`,
      })
    }
    if (this.draining) throw refusal('the cluster is shutting down')
    this.openSession(peer, hello)
  }

  private openSession(peer: Peer, hello: HostHello): void {
    const { greeter, options, numbers, counters, nextSession } = this.parts
    // A connection has one session: another one's hello on it ends the one before.
    if (peer.state?.role === 'host') this.endSession(peer.state, 'its connection opened another session')
    const block = numbers.take()
    if (!block) throw refusal('the manager is out of request numbers for the moment: try again')
    const { host, pid, software, session_secret, reconnect_timeout_ms } = hello
    const session = new HostSession(nextSession(), options.epoch, hex(session_secret), host, pid, reconnect_timeout_ms)
    session.grant(block)
    this.sessions.set(session.number, session)
    this.bySecret.set(session.secret, session)
    this.attach(session, peer)
    session.requests.up(false)
    counters.add('hosts_welcomed_total')
    options.log('debug', { session: session.number, host, pid, software }, 'application connected')
    greeter.welcome(peer, { session: session.number, limits: options.limits, numbers: block })
  }

  /** The application is back, or has not heard the welcome. An old connection that still stands learns that it is not heard any more. */
  private resume(session: HostSession, peer: Peer, knownNumber: number): void {
    const { greeter, options, numbers, counters } = this.parts
    const old = session.inference
    if (old && old !== peer) {
      old.state = undefined
      greeter.refuse(old, clusterError('connectionFailed', { detail: 'the session was taken over by another connection' }))
    }
    if (peer.state?.role === 'host' && peer.state !== session) this.endSession(peer.state, 'its connection resumed another session')
    const block = knownNumber === session.number ? undefined : numbers.take()
    if (block) session.grant(block)
    session.requests.down()
    this.attach(session, peer)
    session.requests.up(true)
    counters.add('sessions_resumed_total')
    greeter.welcome(peer, { session: session.number, limits: options.limits, ...(block ? { numbers: block } : {}) })
  }

  private attach(session: HostSession, peer: Peer): void {
    session.inference = peer
    session.endsAtMs = Number.POSITIVE_INFINITY
    peer.state = session
  }

  private joinSession(peer: Peer, header: Uint8Array): void {
    const { greeter, options } = this.parts
    const hello = greeter.readHello('host', 'management', header)
    const session = this.bySecret.get(hex(hello.session_secret))
    if (!session) throw refusal('no inference link stands for this session: say hello there first')
    if (peer.state?.role === 'host') peer.state.management = undefined
    if (session.management && session.management !== peer) session.management.state = undefined
    session.commands.down()
    session.management = peer
    peer.state = session
    session.commands.up(true)
    greeter.welcome(peer, { session: session.number, limits: options.limits })
  }

  private onCommand(session: HostSession, request: number, body: Uint8Array): void {
    const { counters, options } = this.parts
    if (!session.commands.accepts(request)) return counters.add('commands_repeated_total')
    counters.add('commands_received_total')
    session.commandsInProgress.add(request)
    // The control plane is on another thread: it gets bytes of its own.
    const command = Uint8Array.from(body)
    options.emit({ type: 'command', session: session.number, request, command, from: `${session.host}:${session.pid}` })
  }

  private reconcileRequests(peer: Peer, session: HostSession, round: number, body: Uint8Array): void {
    const { flow, counters } = this.parts
    const open = decodeNumbers(body)
    if (!open) return counters.add('records_unexpected_total')
    peer.accounted()
    const { unknown, unwanted } = session.requests.reconcile(open, session.open)
    for (const number of unwanted) {
      const request = session.open.get(number)
      if (request) flow.dispatcher.cancel(request)
    }
    counters.add('reconciliations_total')
    this.parts.greeter.sendBody(peer, RecordKind.reconciled, session.number, round, encodeNumbers(unknown))
    session.requests.resend(open)
  }

  private reconcileCommands(peer: Peer, session: HostSession, round: number, body: Uint8Array): void {
    const open = decodeNumbers(body)
    if (!open) return this.parts.counters.add('records_unexpected_total')
    peer.accounted()
    const { commandsInProgress } = session
    const { unknown, unwanted } = session.commands.reconcile(open, {
      has: (number) => commandsInProgress.has(number),
      keys: () => [...commandsInProgress],
    })
    // It is carried out to its end all the same; nobody waits for the reply.
    for (const number of unwanted) commandsInProgress.delete(number)
    this.parts.greeter.sendBody(peer, RecordKind.reconciled, session.number, round, encodeNumbers(unknown))
    session.commands.resend(open)
  }

  private onOther(peer: Peer, session: HostSession, e: Envelope): void {
    switch (e.kind) {
      case RecordKind.ping:
        return this.parts.greeter.pong(peer, session.number)
      case RecordKind.moreNumbers:
        return this.grantNumbers(session)
      case RecordKind.cancel:
        return this.cancel(session, e.request)
      case RecordKind.goodbye:
        return peer === session.inference ? this.endSession(session, 'said goodbye') : undefined
      case RecordKind.pong:
        return
      default:
        this.parts.counters.add('records_unexpected_total')
    }
  }

  private grantNumbers(session: HostSession): void {
    const { numbers, counters, greeter } = this.parts
    const { inference } = session
    if (!inference) return
    const block = numbers.take()
    if (!block) {
      counters.add('numbers_exhausted_total')
      this.waitingForNumbers.add(session)
      return
    }
    session.grant(block)
    greeter.sendHeader(inference, RecordKind.numbers, encodeMsgpack(block), session.number)
  }

  /** There are numbers again: whoever asked in vain gets them. */
  grantWaiting(): void {
    const waiting = [...this.waitingForNumbers]
    this.waitingForNumbers.clear()
    for (const session of waiting) this.grantNumbers(session)
  }

  private cancel(session: HostSession, number: number): void {
    const request = session.open.get(number)
    if (!request) return
    this.parts.counters.add('requests_cancelled_total')
    this.parts.flow.dispatcher.cancel(request)
  }

  private beatLink(peer: Peer | undefined, half: HostSession['requests'], session: number): void {
    if (!peer) return
    if (half.awaitsReconciliation) this.parts.greeter.sendHeader(peer, RecordKind.resync, NOTHING, session)
    else if (half.outcomes.size > 0) this.parts.greeter.sendHeader(peer, RecordKind.ping, NOTHING, session)
  }

  /** The application is gone, perhaps to come back: what it has asked for goes on. */
  private onAway(session: HostSession): void {
    session.inference = undefined
    session.requests.down()
    for (const outcome of session.requests.outcomes) outcome.compact()
    session.endsAtMs = this.parts.now() + session.reconnectTimeoutMs
    this.parts.options.log('debug', { session: session.number, graceMs: session.reconnectTimeoutMs }, 'application disconnected')
    if (session.reconnectTimeoutMs === 0) this.endSession(session, 'disconnected')
  }

  private endSession(session: HostSession, reason: string): void {
    if (this.sessions.get(session.number) !== session) return
    this.sessions.delete(session.number)
    this.bySecret.delete(session.secret)
    this.waitingForNumbers.delete(session)
    // Its links may stand a little longer: whatever still comes over them is from nobody.
    for (const peer of [session.inference, session.management]) if (peer?.state === session) peer.state = undefined
    session.inference = session.management = undefined
    this.parts.flow.dispatcher.dropOwner(session)
    session.requests.outcomes.clear()
    session.commands.outcomes.clear()
    this.parts.options.log('debug', { session: session.number, reason }, 'application gone')
  }
}

const NOTHING = new Uint8Array(0)
