import { clusterError, encodeMsgpack, type HostHello, MAX_RETAINED_BYTES, RecordKind } from '@aicluster/protocol'
import type { SessionPrincipal } from '../keys/principal'
import type { ContainerSession } from './container-session'
import type { Counters } from './counters'
import type { DataPlaneOptions } from './data-plane-options'
import { type Greeter, hex, keyRefusal, type Peer, refusal } from './greeter'
import { HostSession } from './host-session'
import type { NumberReserve } from './number-reserve'
import type { Publications } from './publications'
import type { RequestFlow } from './request-flow'

/** Between two blocks of request numbers for one session, in ms: nobody sends a million requests in less. */
const GRANT_INTERVAL_MS = 2_000

/** What applications' sessions, and the desk that serves them, work with. */
export interface HostDeskParts {
  options: DataPlaneOptions
  now: () => number
  greeter: Greeter
  flow: RequestFlow
  numbers: NumberReserve
  counters: Counters
  publications: Publications
  nextSession: () => number
}

/** The sessions of applications: opened and found again by hello, away while their link is gone, ended. */
export class HostSessions {
  private readonly sessions = new Map<number, HostSession>()
  private readonly bySecret = new Map<string, HostSession>()
  private readonly waitingForNumbers = new Set<HostSession>()
  draining = false

  constructor(private readonly parts: HostDeskParts) {}

  get all(): Iterable<HostSession> {
    return this.sessions.values()
  }

  /** Numbers of this container's answers that applications have not acknowledged yet. */
  answersOnTheWay(container: ContainerSession): number[] {
    const numbers: number[] = []
    for (const { requests } of this.sessions.values()) {
      for (const outcome of requests.outcomes) if (outcome.container === container) numbers.push(outcome.number)
    }
    return numbers
  }

  get(session: number): HostSession | undefined {
    return this.sessions.get(session)
  }

  /**
   * A hello on the inference link, with the epoch and session of the last welcome.
   * @throws SocketConnectionError (110), OutcomeExpiredError (314): it is refused
   */
  onHello(peer: Peer, header: Uint8Array, epoch: number, number: number): void {
    const { greeter, options } = this.parts
    const hello = greeter.readHello('host', 'inference', header)
    const principal = options.principals.ofToken(hello.token)
    if (!principal) throw keyRefusal(UNKNOWN_TOKEN)
    const existing = this.bySecret.get(hex(hello.session_secret))
    if (existing) {
      requireSame(existing, principal)
      requireNewest(peer, existing.inference)
      return this.resume(existing, peer, number)
    }
    if (epoch === options.epoch && number !== 0) {
      const detail = `session ${number} has ended: it did not come back in time, or was ended by the cluster`
      return greeter.refuse(peer, clusterError('outcomeExpired', { detail }), number)
    }
    if (this.draining) throw refusal('the cluster is shutting down')
    this.openSession(peer, hello, principal)
  }

  private openSession(peer: Peer, hello: HostHello, principal: SessionPrincipal): void {
    const { greeter, options, numbers, counters, nextSession } = this.parts
    // A connection has one session: another one's hello on it ends the one before.
    if (peer.state?.role === 'host') this.end(peer.state, 'its connection opened another session')
    const block = numbers.take()
    if (!block) throw refusal('the manager is out of request numbers for the moment: try again')
    const { host, pid, software, session_secret, reconnect_timeout_ms } = hello
    const session = new HostSession(nextSession(), options.epoch, hex(session_secret), host, pid, reconnect_timeout_ms, principal)
    this.give(session, block)
    this.sessions.set(session.number, session)
    this.bySecret.set(session.secret, session)
    this.attach(session, peer)
    session.requests.up(false)
    counters.add('hosts_welcomed_total')
    options.log('debug', { session: session.number, principal: principal.name, host, pid, software }, 'application connected')
    greeter.welcome(peer, { session: session.number, limits: options.limits, numbers: block })
  }

  /** The application is back, or has not heard the welcome. An old connection that still stands learns that it is not heard any more. */
  private resume(session: HostSession, peer: Peer, knownNumber: number): void {
    const { greeter, options, counters } = this.parts
    const old = session.inference
    if (old && old !== peer) {
      old.state = undefined
      greeter.refuse(old, takenOver())
    }
    if (peer.state?.role === 'host' && peer.state !== session) this.end(peer.state, 'its connection resumed another session')
    const block = knownNumber === session.number ? undefined : (session.unusedBlock ?? this.another(session))
    session.requests.down()
    session.published?.clear()
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

  /** A hello on the management link. */
  joinSession(peer: Peer, header: Uint8Array): void {
    const { greeter, options } = this.parts
    const hello = greeter.readHello('host', 'management', header)
    const session = this.bySecret.get(hex(hello.session_secret))
    if (!session) throw refusal('no inference link stands for this session: say hello there first')
    const principal = options.principals.ofToken(hello.token)
    if (!principal) throw keyRefusal(UNKNOWN_TOKEN)
    requireSame(session, principal)
    requireNewest(peer, session.management)
    if (peer.state?.role === 'host') peer.state.management = undefined
    if (session.management && session.management !== peer) session.management.state = undefined
    session.commands.down()
    session.management = peer
    peer.state = session
    // The first time there is nothing of before; a welcome that got lost is no first time.
    session.commands.up(session.joined)
    session.joined = true
    greeter.welcome(peer, { session: session.number, limits: options.limits })
  }

  /** Noted before it is given: after a restart nobody else may ask for what has these numbers. */
  private give(session: HostSession, block: { first: number; count: number }): void {
    this.parts.options.numberOwners.given(block.first, session.principal.id)
    session.grant(block, this.parts.now())
  }

  /** Their keys count no more: their sessions are over, and they learn why. */
  revoke(principals: ReadonlySet<string>): void {
    for (const session of [...this.sessions.values()].filter(({ principal }) => principals.has(principal.id))) {
      const links = [session.inference, session.management]
      this.end(session, 'its key was revoked')
      const error = keyRefusal(`the key ${JSON.stringify(session.principal.name)} was revoked`)
      for (const link of links) if (link) this.parts.greeter.refuse(link, error)
    }
  }

  /**
   * Another block of request numbers, as soon as there is one, and some time after the one before: each costs a line in a file. How much of
   * it was used says nothing, for numbers may be left out.
   */
  grantNumbers(session: HostSession): void {
    if (this.waitingForNumbers.has(session) || this.grant(session)) return
    this.parts.counters.add('numbers_exhausted_total')
    this.waitingForNumbers.add(session)
  }

  /** There are numbers again, or some time has passed: whoever asked in vain gets them. */
  grantWaiting(): void {
    for (const session of this.waitingForNumbers) if (this.grant(session)) this.waitingForNumbers.delete(session)
  }

  private grant(session: HostSession): boolean {
    const { greeter, now } = this.parts
    const { inference } = session
    // It asks again when it is back.
    if (!inference) return true
    if (now() - session.grantedAtMs < GRANT_INTERVAL_MS) return false
    const block = this.another(session)
    if (block) greeter.sendHeader(inference, RecordKind.numbers, encodeMsgpack(block), session.number)
    return block !== undefined
  }

  private another(session: HostSession): { first: number; count: number } | undefined {
    const block = this.parts.numbers.take()
    if (block) this.give(session, block)
    return block
  }

  /** End the session of an application that does not read its outcomes; it learns so, and everything it has open is 314. */
  cutOff(session: HostSession): void {
    this.parts.counters.add('hosts_cut_off_total')
    const reason = `more outcomes were not read than a session may have (${MAX_RETAINED_BYTES} bytes, or 200000)`
    this.parts.options.log('warn', { session: session.number, host: session.host, pid: session.pid }, `application cut off: ${reason}`)
    const { inference } = session
    this.end(session, 'was cut off')
    if (inference) this.parts.greeter.refuse(inference, clusterError('outcomeExpired', { detail: reason }), session.number)
  }

  /** Whoever did not come back in time is forgotten. */
  endExpired(): void {
    const nowMs = this.parts.now()
    for (const session of this.sessions.values()) {
      if (nowMs < session.endsAtMs) continue
      this.parts.counters.add('sessions_expired_total')
      this.end(session, 'did not come back in time')
    }
  }

  /** The application is gone, perhaps to come back: what it has asked for goes on. */
  onAway(session: HostSession): void {
    session.inference = undefined
    session.requests.down()
    session.published?.clear()
    for (const outcome of session.requests.outcomes) outcome.compact()
    session.endsAtMs = this.parts.now() + session.reconnectTimeoutMs
    this.parts.options.log('debug', { session: session.number, graceMs: session.reconnectTimeoutMs }, 'application disconnected')
    if (session.reconnectTimeoutMs === 0) this.end(session, 'disconnected')
  }

  /** It is over: nobody wants what it has asked for. */
  end(session: HostSession, reason: string): void {
    if (this.sessions.get(session.number) !== session) return
    this.sessions.delete(session.number)
    this.bySecret.delete(session.secret)
    this.waitingForNumbers.delete(session)
    this.parts.publications.forget(session)
    // Its links may stand a little longer: whatever still comes over them is from nobody.
    for (const peer of [session.inference, session.management]) if (peer?.state === session) peer.state = undefined
    session.inference = session.management = undefined
    this.parts.flow.dispatcher.dropOwner(session)
    session.requests.outcomes.clear()
    session.commands.outcomes.clear()
    this.parts.options.log('debug', { session: session.number, reason }, 'application gone')
  }
}

const UNKNOWN_TOKEN =
  'nobody of this cluster has this token: it was revoked, or is of another cluster (manager.json in the state folder has one for this machine, "aicluster keys add" makes others)'

/** @throws SocketConnectionError (110): the session is somebody else's */
function requireSame({ number, principal }: HostSession, shown: SessionPrincipal): void {
  if (principal.id === shown.id) return
  throw refusal(`session ${number} belongs to ${JSON.stringify(principal.name)}, not to ${JSON.stringify(shown.name)}`)
}

/** @throws ConnectionFailedError (111): the application has been heard over a newer connection than this one */
function requireNewest(peer: Peer, current: Peer | undefined): void {
  if (peer.isOlderThan(current)) throw takenOver()
}

const takenOver = () => clusterError('connectionFailed', { detail: 'the session was taken over by another connection' })
