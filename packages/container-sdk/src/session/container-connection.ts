import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type AIClusterError,
  clusterError,
  decodeError,
  decodeMsgpack,
  type Envelope,
  encodeMsgpack,
  PROTOCOL_MAJOR,
  PROTOCOL_MINOR,
  RecordFlag,
  RecordKind,
  Welcome,
} from '@aicluster/protocol'
import { bodyOf, type DealerHandlers, handshakeFailureText, headerOf } from '@aicluster/transport'
import type { ResolvedConnectorOptions } from '../connector-options'
import { Greeting } from './greeting'
import { type LinkName, SessionLinks, type SessionNumber } from './session-links'

export interface ConnectionEvents {
  /** What a hello says of the time before. */
  held(): { in_hand: number[]; answered: number[] }
  /**
   * Both links stand and are welcomed.
   * @param sameEpoch - by the manager that was there before
   * @param missed - records on the requests link are missing already
   */
  onConnected(welcome: Welcome, sameEpoch: boolean, missed: boolean): void
  /** At least one link is gone, or its session is. */
  onDisconnected(): void
  /** Envelope and bytes are only good during the call, but for the body. */
  onRequest(envelope: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void
  onCancel(requestNumber: number): void
  /** @param part - so many parts were taken; `again`: those from this one on are missing */
  onWindow(requestNumber: number, part: number, again: boolean): void
  onReconcile(round: number, header: Uint8Array, body: Uint8Array): void
  onSettled(body: Uint8Array): void
  /** Records on the requests link are missing. */
  onGap(): void
  /** The manager has everything up to this link sequence of one link. */
  onAck(link: LinkName, sequence: number): void
  /** A connection does not come to stand, though the manager is there. It is tried again. */
  onHandshakeFailed(error: AIClusterError): void
  /** The manager refuses this container. */
  onRefused(error: AIClusterError): void
}

/** How long closing waits for the manager's last ack, and how often it looks, in ms. */
const CLOSE_TIMEOUT_MS = 1_000
const CLOSE_POLL_MS = 5

const SOFTWARE = '@aicluster/container-sdk/0.1.0'

/** A container's hello on both its links, and what comes over them; comes back by itself. */
export class ContainerConnection {
  readonly links: SessionLinks
  private readonly secret = randomBytes(16)
  private readonly nonce = randomBytes(8)
  private readonly greetings: Record<LinkName, Greeting>
  private readonly welcomed: Record<LinkName, Welcome | undefined> = { requests: undefined, answers: undefined }
  private connected = false
  /** Of the manager that was heard last; what comes from an earlier one does not count. */
  private epoch = 0
  private requestsMissed = false
  /** Link sequence. */
  private answersAcknowledged = 0

  constructor(
    private readonly options: ResolvedConnectorOptions,
    private readonly events: ConnectionEvents,
  ) {
    this.links = new SessionLinks(options, (link) => this.handlers(link))
    this.greetings = { requests: new Greeting(() => this.hello('requests')), answers: new Greeting(() => this.hello('answers')) }
  }

  private get encrypted(): boolean {
    return this.options.curve !== undefined
  }

  get isConnected(): boolean {
    return this.connected
  }

  connect(): void {
    this.links.connect()
  }

  /** The manager has said which of the requests that it sent are still wanted: it may acknowledge what was missing. */
  accounted(): void {
    this.requestsMissed = false
    this.links.accounted('requests')
  }

  /**
   * Say goodbye, and close both links once the manager has acknowledged it (at most a second later): were one link seen to go before the
   * other was read to its end, the last answers would be lost.
   */
  async close(): Promise<void> {
    for (const greeting of Object.values(this.greetings)) greeting.end()
    if (this.connected) {
      const last = this.links.signal('answers', RecordKind.goodbye)
      const giveUpAt = performance.now() + CLOSE_TIMEOUT_MS
      while (this.connected && this.answersAcknowledged < last && performance.now() < giveUpAt) await pause(CLOSE_POLL_MS)
    }
    await this.links.close()
  }

  private handlers(link: LinkName): DealerHandlers {
    return {
      onUp: () => this.greetings[link].begin(),
      onDown: () => this.onDown(link),
      onRecord: (e, frame, nameAt, _end, bodyFrames) => this.onRecord(link, e, frame, nameAt, bodyFrames),
      onGap: () => this.onGap(link),
      onHandshakeFailed: (failure) => {
        // Like a manager that is not there: a restarted one ends handshakes too.
        if (failure !== 'broken-off') this.events.onHandshakeFailed(notAdmitted(link, handshakeFailureText(failure, this.encrypted)))
      },
      onAck: (sequence) => {
        if (link === 'answers') this.answersAcknowledged = sequence
        this.events.onAck(link, sequence)
      },
    }
  }

  private hello(link: LinkName): void {
    const { instance, token, names } = this.options
    const header = encodeMsgpack({
      protocol: [PROTOCOL_MAJOR, PROTOCOL_MINOR],
      role: 'container',
      link,
      nonce: this.nonce,
      session_secret: this.secret,
      host: hostname(),
      pid: process.pid,
      token,
      instance,
      names,
      ...(link === 'requests' ? this.events.held() : {}),
      software: SOFTWARE,
    })
    this.links.signal(link, RecordKind.hello, header)
  }

  private onDown(link: LinkName): void {
    this.greetings[link].end()
    this.welcomed[link] = undefined
    if (link === 'requests') this.requestsMissed = false
    if (!this.connected) return
    this.disconnected()
    // The manager has dropped the session with the first link that went: the other one has to say hello again.
    const other = link === 'requests' ? 'answers' : 'requests'
    this.welcomed[other] = undefined
    if (this.links.isUp(other)) this.greetings[other].begin()
  }

  private onGap(link: LinkName): void {
    // Nothing on the answers link is worth asking for: a welcome that is lost is asked for by the next hello.
    if (link === 'answers') return this.links.accounted('answers')
    this.requestsMissed = true
    this.events.onGap()
  }

  private onRecord(link: LinkName, e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void {
    if (e.kind === RecordKind.welcome) return this.onWelcome(link, Welcome.parse(decodeMsgpack(headerOf(e, frame, nameAt))))
    if (e.kind === RecordKind.refused) return this.onRefused(link, decodeError(headerOf(e, frame, nameAt)))
    if (e.epoch !== this.epoch && e.epoch !== 0) return
    switch (e.kind) {
      case RecordKind.request:
        // One of a session that is over, which the manager has ended already.
        return this.connected ? this.events.onRequest(e, frame, nameAt, bodyFrames) : undefined
      case RecordKind.settled:
        return this.events.onSettled(bodyOf(e, frame, nameAt, bodyFrames))
      case RecordKind.cancel:
        return this.events.onCancel(e.request)
      case RecordKind.window:
        return this.events.onWindow(e.request, e.part, (e.flags & RecordFlag.again) !== 0)
      case RecordKind.reconcile:
        return this.events.onReconcile(e.request, headerOf(e, frame, nameAt), bodyOf(e, frame, nameAt, bodyFrames))
      case RecordKind.ping:
        this.links.signal(link, RecordKind.pong)
        return
    }
  }

  private onWelcome(link: LinkName, welcome: Welcome): void {
    this.greetings[link].end()
    this.welcomed[link] = welcome
    this.epoch = welcome.epoch
    this.links.setLimits(welcome.limits)
    if (this.connected) {
      // Said again: only the first hello counted, unless the manager has begun a session anew.
      if (isSame(welcome, this.links.number)) return
      this.disconnected()
    }
    const { requests, answers } = this.welcomed
    if (!requests || !answers) return
    if (!isSame(requests, answers)) {
      // One of the two is of an earlier try: the manager keeps the newer session.
      const older: LinkName = isOlder(requests, answers) ? 'requests' : 'answers'
      this.welcomed[older] = undefined
      return this.greetings[older].begin()
    }
    const sameEpoch = this.links.number.epoch === requests.epoch
    this.links.number = { epoch: requests.epoch, session: requests.session }
    this.connected = true
    this.events.onConnected(requests, sameEpoch, this.requestsMissed)
  }

  private onRefused(link: LinkName, error: AIClusterError): void {
    this.greetings[link].end()
    this.events.onRefused(error)
  }

  private disconnected(): void {
    this.connected = false
    this.events.onDisconnected()
  }
}

const isSame = (a: SessionNumber, b: SessionNumber): boolean => a.epoch === b.epoch && a.session === b.session

const isOlder = (a: SessionNumber, b: SessionNumber): boolean => a.epoch < b.epoch || (a.epoch === b.epoch && a.session < b.session)

const notAdmitted = (link: LinkName, reason: string): AIClusterError =>
  clusterError('connectionEstablishment', { detail: `the ${link} link: ${reason}`, details: { link, reason } })

/** The error for a cluster that could not be reached in time. */
export const notReached = (endpoint: string, timeoutMs: number): AIClusterError =>
  clusterError('connectionEstablishment', {
    detail: `no welcome from ${endpoint} within ${timeoutMs} ms`,
    details: { endpoint, timeoutMs },
  })
