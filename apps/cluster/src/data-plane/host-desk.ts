import { clusterError, type Envelope, encodeMsgpack, MAX_UNACKED_BYTES, RecordKind } from '@aicluster/protocol'
import { bodyOf } from '@aicluster/transport'
import type { Counters } from './counters'
import type { DataPlaneOptions } from './data-plane-options'
import { type Greeter, hex, type Peer, refusal, tokenMatches } from './greeter'
import { HostSession } from './host-session'
import type { NumberReserve } from './number-reserve'
import type { RequestFlow } from './request-flow'

/** Applications: their hello on either link, their requests, their commands, their end. */
export class HostDesk {
  private readonly sessions = new Map<number, HostSession>()
  private readonly bySecret = new Map<string, HostSession>()
  private readonly waitingForNumbers = new Map<HostSession, Peer>()
  draining = false

  constructor(
    private readonly options: DataPlaneOptions,
    private readonly greeter: Greeter,
    private readonly flow: RequestFlow,
    private readonly numbers: NumberReserve,
    private readonly counters: Counters,
    private readonly nextSession: () => number,
  ) {}

  get connected(): Iterable<HostSession> {
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
    if (session?.role === 'host' && e.kind !== RecordKind.hello) {
      if (e.kind === RecordKind.request) this.flow.onRequest(session, e, frame, nameAt, end, bodyFrames)
      else this.onOther(peer, session, e)
    } else this.greeter.greet(peer, e, frame, nameAt, (header) => this.openSession(peer, header))
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
      return this.greeter.greet(peer, e, frame, nameAt, (header) => this.joinSession(peer, header))
    }
    if (e.kind !== RecordKind.command) return this.onOther(peer, session, e)
    // The control plane is on another thread: it gets bytes of its own.
    const command = Uint8Array.from(bodyOf(e, frame, nameAt, bodyFrames))
    this.counters.add('commands_received_total')
    this.options.emit({ type: 'command', session: session.number, request: e.request, command, from: `${session.host}:${session.pid}` })
  }

  readonly onInferenceGone = (peer: Peer): void => {
    if (peer.state?.role === 'host' && peer.state.inference === peer) this.endSession(peer.state)
  }

  readonly onManagementGone = (peer: Peer): void => {
    if (peer.state?.role === 'host' && peer.state.management === peer) peer.state.management = undefined
  }

  /** End the session of an application that does not read its outcomes; it learns so, and everything it has open is 111. */
  cutOff(session: HostSession): void {
    this.counters.add('hosts_cut_off_total')
    const reason = `more than ${MAX_UNACKED_BYTES} bytes of outcomes were not read`
    this.options.log('warn', { session: session.number, host: session.host, pid: session.pid }, `application cut off: ${reason}`)
    this.endSession(session)
    this.greeter.refuse(session.inference, clusterError('connectionFailed', { detail: reason }))
  }

  private openSession(peer: Peer, header: Uint8Array): void {
    const hello = this.greeter.readHello('host', 'inference', header)
    const { hostTokenSha256 } = this.options
    if (hostTokenSha256 && !tokenMatches(hello.token, hostTokenSha256)) {
      throw refusal('the token is not the one of this cluster (manager.json in its state folder has it, or set AICLUSTER_TOKEN)')
    }
    if (this.draining) throw refusal('the cluster is shutting down')
    const secret = hex(hello.session_secret)
    const existing = this.bySecret.get(secret)
    if (existing) this.takeOver(existing, peer)
    // A connection has one session: another hello on it ends the one before.
    if (peer.state?.role === 'host') this.endSession(peer.state)
    const numbers = this.numbers.take()
    if (!numbers) throw refusal('the manager is out of request numbers for the moment: try again')
    const session = new HostSession(this.nextSession(), peer, secret, hello.host, hello.pid)
    session.grant(numbers)
    peer.state = session
    this.sessions.set(session.number, session)
    this.bySecret.set(secret, session)
    this.counters.add('hosts_welcomed_total')
    this.options.log(
      'debug',
      { session: session.number, host: hello.host, pid: hello.pid, software: hello.software },
      'application connected',
    )
    this.greeter.welcome(peer, { session: session.number, limits: this.options.limits, numbers })
  }

  /** The same session on a new connection: the old one, should it still stand, learns that it is not heard any more. */
  private takeOver(session: HostSession, by: Peer): void {
    this.endSession(session)
    if (session.inference === by) return
    session.inference.state = undefined
    this.greeter.refuse(session.inference, clusterError('connectionFailed', { detail: 'the session was taken over by another connection' }))
  }

  private joinSession(peer: Peer, header: Uint8Array): void {
    const hello = this.greeter.readHello('host', 'management', header)
    const session = this.bySecret.get(hex(hello.session_secret))
    if (!session) throw refusal('no inference link stands for this session: say hello there first')
    if (peer.state?.role === 'host') peer.state.management = undefined
    session.management = peer
    peer.state = session
    this.greeter.welcome(peer, { session: session.number, limits: this.options.limits })
  }

  private onOther(peer: Peer, session: HostSession, e: Envelope): void {
    switch (e.kind) {
      case RecordKind.ping:
        return this.greeter.pong(peer, session.number)
      case RecordKind.moreNumbers:
        return this.grantNumbers(peer, session)
      case RecordKind.cancel:
        return this.cancel(session, e.request)
      case RecordKind.goodbye:
        return peer === session.inference ? this.endSession(session) : undefined
      case RecordKind.ack:
      case RecordKind.pong:
        return
      default:
        this.counters.add('records_unexpected_total')
    }
  }

  private grantNumbers(peer: Peer, session: HostSession): void {
    const block = this.numbers.take()
    if (!block) {
      this.counters.add('numbers_exhausted_total')
      this.waitingForNumbers.set(session, peer)
      return
    }
    session.grant(block)
    this.greeter.sendHeader(peer, RecordKind.numbers, encodeMsgpack(block), session.number)
  }

  /** There are numbers again: whoever asked in vain gets them. */
  grantWaiting(): void {
    const waiting = [...this.waitingForNumbers]
    this.waitingForNumbers.clear()
    for (const [session, peer] of waiting) this.grantNumbers(peer, session)
  }

  private cancel(session: HostSession, number: number): void {
    const request = session.open.get(number)
    if (!request) return
    this.counters.add('requests_cancelled_total')
    this.flow.dispatcher.cancel(request)
  }

  private endSession(session: HostSession): void {
    if (this.sessions.get(session.number) !== session) return
    this.sessions.delete(session.number)
    this.bySecret.delete(session.secret)
    this.waitingForNumbers.delete(session)
    // Its links may stand a little longer: whatever still comes over them is from nobody.
    for (const peer of [session.inference, session.management]) if (peer?.state === session) peer.state = undefined
    this.flow.dispatcher.dropOwner(session)
    this.options.log('debug', { session: session.number }, 'application gone')
  }
}
