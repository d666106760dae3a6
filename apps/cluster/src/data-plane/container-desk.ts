import { decodeMsgpack, type Envelope, RecordKind, type StartedHeader } from '@aicluster/protocol'
import { headerOf } from '@aicluster/transport'
import { ContainerSession } from './container-session'
import type { ExpectedContainer } from './control-messages'
import type { Counters } from './counters'
import type { DataPlaneOptions } from './data-plane-options'
import { type Greeter, hex, type Peer, refusal, tokenMatches } from './greeter'
import type { RequestFlow } from './request-flow'

/** Containers: their hello on either link, their answers, their end. */
export class ContainerDesk {
  private readonly expected = new Map<string, ExpectedContainer>()
  private readonly sessions = new Map<string, ContainerSession>()

  constructor(
    private readonly options: DataPlaneOptions,
    private readonly greeter: Greeter,
    private readonly flow: RequestFlow,
    private readonly counters: Counters,
    private readonly nextSession: () => number,
  ) {}

  get all(): Iterable<ContainerSession> {
    return this.sessions.values()
  }

  get(instance: string): ContainerSession | undefined {
    return this.sessions.get(instance)
  }

  expect(container: ExpectedContainer): void {
    this.expected.set(container.instance, container)
  }

  forget(instance: string): void {
    this.expected.delete(instance)
    const session = this.sessions.get(instance)
    if (session) this.endSession(session, 'was removed', false)
  }

  setPaused(instance: string, name: string, paused: boolean): void {
    const expected = this.expected.get(instance)
    if (expected) expected.paused = paused ? [...new Set([...expected.paused, name])] : expected.paused.filter((other) => other !== name)
    const session = this.sessions.get(instance)
    if (session) this.flow.dispatcher.setPaused(session, name, paused)
  }

  readonly onRequestsLink = (peer: Peer, e: Envelope, frame: Uint8Array, nameAt: number): void => {
    const session = peer.state
    if (session?.role !== 'container' || e.kind === RecordKind.hello) {
      return this.greeter.greet(peer, e, frame, nameAt, (header) => this.attach(peer, header, 'requests'))
    }
    if (e.kind === RecordKind.ready) this.setReady(session, true)
    else if (e.kind === RecordKind.draining) this.setReady(session, false)
    else this.onOther(peer, session, e)
  }

  readonly onAnswersLink = (
    peer: Peer,
    e: Envelope,
    frame: Uint8Array,
    nameAt: number,
    end: number,
    bodyFrames: Uint8Array[] | undefined,
  ): void => {
    const session = peer.state
    if (session?.role !== 'container' || e.kind === RecordKind.hello) {
      return this.greeter.greet(peer, e, frame, nameAt, (header) => this.attach(peer, header, 'answers'))
    }
    if (e.kind === RecordKind.result || e.kind === RecordKind.error) this.flow.onAnswer(session, e, frame, nameAt, end, bodyFrames)
    else if (e.kind === RecordKind.started) this.onStarted(session, headerOf(e, frame, nameAt))
    else this.onOther(peer, session, e)
  }

  readonly onLinkGone = (peer: Peer): void => {
    const session = peer.state
    if (session?.role === 'container') this.endSession(session, 'disconnected', true)
  }

  /** One link more; with the second the container is connected. */
  private attach(peer: Peer, header: Uint8Array, link: 'requests' | 'answers'): void {
    const hello = this.greeter.readHello('container', link, header)
    const expected = this.expected.get(hello.instance)
    if (!expected || !tokenMatches(hello.token, expected.tokenSha256)) {
      throw refusal('no container of this cluster has this instance and token')
    }
    const foreign = hello.names.find((name) => !expected.names.includes(name))
    if (foreign !== undefined) throw refusal(`container ${expected.suffixName} may serve ${expected.names.join(', ')}, not ${foreign}`)
    // A connection belongs to one container: as another one it takes leave of the first.
    if (peer.state?.role === 'container' && peer.state.instance !== hello.instance)
      this.endSession(peer.state, 'said hello as another', true)
    const session = this.sessionFor(expected, hex(hello.nonce), link)
    session[link] = peer
    peer.state = session
    if (link === 'requests') session.serve(hello.names)
    const { limits } = this.options
    this.greeter.welcome(peer, {
      session: session.number,
      limits,
      ...(link === 'requests' ? { max_send_num: expected.maxSendNum } : {}),
    })
    if (session.requests && session.answers) this.connect(session, hello.software)
  }

  private sessionFor(expected: ExpectedContainer, nonce: string, link: 'requests' | 'answers'): ContainerSession {
    const existing = this.sessions.get(expected.instance)
    if (existing && existing.nonce === nonce && !existing[link]) return existing
    if (existing) this.endSession(existing, 'was replaced by a newer connection', true)
    const session = new ContainerSession(this.nextSession(), expected, nonce)
    this.sessions.set(expected.instance, session)
    return session
  }

  private connect(session: ContainerSession, software: string): void {
    session.connected = true
    this.flow.dispatcher.connect(session)
    const names = [...session.serves.keys()]
    this.options.log('debug', { container: session.suffixName, names, software }, 'container connected')
    if (session.accepting) this.setReady(session, true)
  }

  private setReady(session: ContainerSession, ready: boolean): void {
    // Before both links stand it is only noted.
    if (!session.connected) session.accepting = ready
    else {
      this.flow.dispatcher.setAccepting(session, ready)
      if (ready) this.options.emit({ type: 'container-ready', instance: session.instance })
    }
  }

  private onStarted(session: ContainerSession, header: Uint8Array): void {
    const { requests } = readStarted(header)
    if (Array.isArray(requests)) this.flow.dispatcher.started(session, requests)
    else this.counters.add('records_unexpected_total')
  }

  private onOther(peer: Peer, session: ContainerSession, e: Envelope): void {
    if (e.kind === RecordKind.goodbye) this.endSession(session, 'said goodbye', true)
    else if (e.kind === RecordKind.ping) this.greeter.pong(peer, session.number)
    else if (e.kind !== RecordKind.ack && e.kind !== RecordKind.pong) this.counters.add('records_unexpected_total')
  }

  private endSession(session: ContainerSession, reason: string, tell: boolean): void {
    if (this.sessions.get(session.instance) !== session) return
    this.sessions.delete(session.instance)
    // Its links may stand a little longer: whatever still comes over them has no owner.
    for (const peer of [session.requests, session.answers]) if (peer) peer.state = undefined
    const wasConnected = session.connected
    session.connected = false
    this.flow.dispatcher.disconnect(session, reason)
    if (tell && wasConnected) this.options.emit({ type: 'container-gone', instance: session.instance, reason })
  }
}

function readStarted(header: Uint8Array): Partial<StartedHeader> {
  try {
    return (decodeMsgpack(header) ?? {}) as Partial<StartedHeader>
  } catch {
    return {}
  }
}
