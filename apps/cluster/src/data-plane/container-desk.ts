import { decodeMsgpack, decodeNumbers, type Envelope, RecordKind, type StartedHeader } from '@aicluster/protocol'
import { bodyOf, headerOf } from '@aicluster/transport'
import { ContainerSession } from './container-session'
import type { ExpectedContainer } from './control-messages'
import type { Counters } from './counters'
import type { DataPlaneOptions } from './data-plane-options'
import { type Greeter, hex, type OnRecord, type Peer, refusal, tokenMatches } from './greeter'
import type { HostSession } from './host-session'
import { CONTAINER_DOMAIN } from './principals'
import type { Publications } from './publications'
import type { Recovery } from './recovery'
import type { RequestFlow } from './request-flow'

/** What the desk of containers works with. */
export interface ContainerDeskParts {
  options: DataPlaneOptions
  greeter: Greeter
  flow: RequestFlow
  recovery: Recovery
  counters: Counters
  publications: Publications
  nextSession: () => number
  /** Numbers of its answers that applications have not acknowledged yet. */
  answersOnTheWay(container: ContainerSession): number[]
  /** A request got lost on its way to a container: its application still has it. */
  askAgain(owner: HostSession): void
}

/** Containers: their hello on either link, their answers, their end. */
export class ContainerDesk {
  private readonly expected = new Map<string, ExpectedContainer>()
  private readonly sessions = new Map<string, ContainerSession>()

  constructor(private readonly parts: ContainerDeskParts) {}

  get all(): Iterable<ContainerSession> {
    return this.sessions.values()
  }

  get(instance: string): ContainerSession | undefined {
    return this.sessions.get(instance)
  }

  expect(container: ExpectedContainer): void {
    this.withdrawKey(container.instance)
    this.expected.set(container.instance, container)
    const { instance, publicKey } = container
    if (publicKey) this.parts.options.curve?.admission.admit(CONTAINER_DOMAIN, publicKey, instance)
    if (container.adopted) this.parts.recovery.expect(container.instance)
  }

  forget(instance: string): void {
    this.withdrawKey(instance)
    this.expected.delete(instance)
    this.parts.recovery.noLongerAwaited(instance)
    const session = this.sessions.get(instance)
    if (session) this.endSession(session, 'was removed', false)
  }

  private withdrawKey(instance: string): void {
    const publicKey = this.expected.get(instance)?.publicKey
    if (publicKey) this.parts.options.curve?.admission.withdraw(CONTAINER_DOMAIN, publicKey)
  }

  setPaused(instance: string, name: string, paused: boolean): void {
    const expected = this.expected.get(instance)
    if (expected) expected.paused = paused ? [...new Set([...expected.paused, name])] : expected.paused.filter((other) => other !== name)
    const session = this.sessions.get(instance)
    if (session) this.parts.flow.dispatcher.setPaused(session, name, paused)
  }

  setHeld(instance: string, held: boolean): void {
    const expected = this.expected.get(instance)
    if (expected) expected.held = held
    const session = this.sessions.get(instance)
    if (session) this.parts.flow.dispatcher.setHeld(session, held)
  }

  readonly onRequestsLink: OnRecord = (peer, e, frame, nameAt) => {
    const session = peer.state
    if (session?.role !== 'container' || e.kind === RecordKind.hello) {
      const { epoch } = e
      return this.parts.greeter.greet(peer, e, frame, nameAt, (header) => this.attach(peer, header, 'requests', epoch))
    }
    if (e.kind === RecordKind.ready) this.setReady(session, true)
    else if (e.kind === RecordKind.draining) this.setReady(session, false)
    else this.onOther(peer, session, e)
  }

  readonly onAnswersLink: OnRecord = (peer, e, frame, nameAt, end, bodyFrames) => {
    const session = peer.state
    if (session?.role !== 'container' || e.kind === RecordKind.hello) {
      return this.parts.greeter.greet(peer, e, frame, nameAt, (header) => this.attach(peer, header, 'answers', 0))
    }
    if (e.kind === RecordKind.result || e.kind === RecordKind.error) this.parts.flow.onAnswer(session, e, frame, nameAt, end, bodyFrames)
    else if (e.kind === RecordKind.publish) this.parts.publications.onPublish(session, e, frame, nameAt, end, bodyFrames)
    else if (e.kind === RecordKind.taken) this.onTaken(session, bodyOf(e, frame, nameAt, bodyFrames))
    else if (e.kind === RecordKind.part) this.parts.flow.streams.onPart(session, e, frame, nameAt, end, bodyFrames)
    else if (e.kind === RecordKind.started) this.onStarted(session, headerOf(e, frame, nameAt))
    else if (e.kind === RecordKind.reconciled) this.onReconciled(session, e.request, bodyOf(e, frame, nameAt, bodyFrames))
    else if (e.kind === RecordKind.resync) session.asking.gap()
    else this.onOther(peer, session, e)
  }

  readonly onLinkGone = (peer: Peer): void => {
    const session = peer.state
    if (session?.role === 'container') this.endSession(session, 'disconnected', true)
  }

  /** Records of a container are missing: answers among them come again, once it knows which. */
  onGap(peer: Peer, session: ContainerSession): void {
    if (peer === session.answers) session.asking.gap()
    // Of what comes over the requests link nothing is worth asking for again but whether it takes requests.
    else peer.accounted()
  }

  /** An answer has come that nobody waits for: the container may forget it, unless its application has still to ask again. */
  onUnwanted(container: ContainerSession, number: number): void {
    if (!container.endTaken(number) && !this.parts.recovery.keepsAnswer(container, number)) container.settle(number, 0)
  }

  /** Called twice a second: what got lost shows. */
  beat(): void {
    for (const session of this.sessions.values()) {
      if (!session.connected || !session.requests) continue
      if (session.asking.isReconciling) session.asking.repeat()
      else if (session.outstanding || session.requests.outbox.awaitsAck)
        this.parts.greeter.signal(session.requests, RecordKind.ping, session.number)
    }
  }

  /** One link more; with the second the container is connected. */
  private attach(peer: Peer, header: Uint8Array, link: 'requests' | 'answers', epoch: number): void {
    const { greeter, options } = this.parts
    const hello = greeter.readHello('container', link, header)
    const expected = this.expected.get(hello.instance)
    if (!expected || !tokenMatches(hello.token, expected.tokenSha256)) {
      throw refusal('no container of this cluster has this instance and token')
    }
    const foreign = hello.names.find((name) => !expected.names.includes(name))
    if (foreign !== undefined) throw refusal(`container ${expected.suffixName} may serve ${expected.names.join(', ')}, not ${foreign}`)
    // A connection belongs to one container: as another one it takes leave of the first.
    if (peer.state?.role === 'container' && peer.state.instance !== hello.instance)
      this.endSession(peer.state, 'said hello as another', true)
    const nonce = hex(hello.nonce)
    const existing = this.sessions.get(expected.instance)
    // Its program has been heard over its next connection, and knows of no other.
    if (existing?.nonce === nonce && peer.isOlderThan(existing[link])) return this.parts.counters.add('hellos_outdated_total')
    const session = this.sessionFor(expected, nonce, link, peer)
    session[link] = peer
    peer.state = session
    if (link === 'requests') {
      session.serve(hello.names)
      session.before = { epoch, inHand: hello.in_hand, answered: hello.answered }
    }
    greeter.welcome(peer, {
      session: session.number,
      limits: options.limits,
      ...(link === 'requests' ? { max_send_num: expected.maxSendNum } : {}),
    })
    if (session.requests && session.answers && !session.connected) this.connect(session, hello.software)
  }

  private sessionFor(expected: ExpectedContainer, nonce: string, link: 'requests' | 'answers', peer: Peer): ContainerSession {
    const existing = this.sessions.get(expected.instance)
    // Its other link, or a welcome that it has not heard.
    if (existing && existing.nonce === nonce && (!existing[link] || existing[link] === peer)) return existing
    if (existing) this.endSession(existing, 'was replaced by a newer connection', true)
    const { nextSession, options, answersOnTheWay } = this.parts
    const session: ContainerSession = new ContainerSession(nextSession(), options.epoch, expected, nonce, this.onLost, () =>
      answersOnTheWay(session),
    )
    session.held = expected.held
    this.sessions.set(expected.instance, session)
    return session
  }

  private connect(session: ContainerSession, software: string): void {
    const { flow, recovery, options } = this.parts
    session.connected = true
    session.asking.up(false)
    flow.dispatcher.connect(session)
    if (session.before.epoch === options.epoch) this.disown(session)
    else recovery.connected(session)
    const names = [...session.serves.keys()]
    options.log('debug', { container: session.suffixName, names, software }, 'container connected')
    if (session.accepting) this.setReady(session, true)
  }

  /** It was gone for a moment: what it held has ended with that, and holds its credits until it is answered. */
  private disown(session: ContainerSession): void {
    const { flow } = this.parts
    for (const number of session.before.inHand) {
      flow.dispatcher.hold(session, number)
      flow.cancelNumber(session, number)
    }
    for (const number of session.before.answered) session.settle(number, 0)
  }

  private setReady(session: ContainerSession, ready: boolean): void {
    // Before both links stand it is only noted.
    if (!session.connected) session.accepting = ready
    else {
      this.parts.flow.dispatcher.setAccepting(session, ready)
      if (ready) this.parts.options.emit({ type: 'container-ready', instance: session.instance })
    }
  }

  private onStarted(session: ContainerSession, header: Uint8Array): void {
    const { requests } = readStarted(header)
    if (Array.isArray(requests)) this.parts.flow.dispatcher.started(session, requests)
    else this.parts.counters.add('records_unexpected_total')
  }

  private onTaken(session: ContainerSession, body: Uint8Array): void {
    const numbers = decodeNumbers(body)
    if (!numbers) return this.parts.counters.add('records_unexpected_total')
    const { flow, recovery } = this.parts
    for (const number of numbers) if (!flow.onTaken(session, number)) recovery.taken(session, number)
  }

  private onReconciled(session: ContainerSession, round: number, body: Uint8Array): void {
    const unknown = decodeNumbers(body)
    if (!unknown) return this.parts.counters.add('records_unexpected_total')
    session.asking.reconciled(round, unknown)
    // A word that got lost is said again: whoever holds what nobody wants need not go on.
    for (const request of session.inFlight.values()) {
      if (request.state === 'abandoned' && !session.claims.has(request.number)) this.parts.flow.cancel(session, request)
    }
  }

  private readonly onLost = (container: ContainerSession, number: number): void => {
    this.parts.counters.add('requests_lost_on_the_way_total')
    container.taken.delete(number)
    const request = this.parts.flow.dispatcher.giveBack(container, number)
    if (request) this.parts.askAgain(request.owner as HostSession)
  }

  private onOther(peer: Peer, session: ContainerSession, e: Envelope): void {
    if (e.kind === RecordKind.goodbye) this.endSession(session, 'said goodbye', true)
    else if (e.kind === RecordKind.ping) this.parts.greeter.signal(peer, RecordKind.pong, session.number)
    else if (e.kind !== RecordKind.pong) this.parts.counters.add('records_unexpected_total')
  }

  private endSession(session: ContainerSession, reason: string, tell: boolean): void {
    if (this.sessions.get(session.instance) !== session) return
    this.sessions.delete(session.instance)
    // Its links may stand a little longer: whatever still comes over them has no owner.
    for (const peer of [session.requests, session.answers]) if (peer) peer.state = undefined
    const wasConnected = session.connected
    session.end()
    this.parts.recovery.disconnected(session)
    this.parts.flow.dispatcher.disconnect(session, reason)
    if (tell && wasConnected) this.parts.options.emit({ type: 'container-gone', instance: session.instance, reason })
  }
}

function readStarted(header: Uint8Array): Partial<StartedHeader> {
  try {
    return (decodeMsgpack(header) ?? {}) as Partial<StartedHeader>
  } catch {
    return {}
  }
}
