import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type AIClusterError,
  clusterError,
  createEnvelope,
  DEFAULT_MAX_BODY_BYTES,
  decodeError,
  decodeMsgpack,
  type Envelope,
  encodeMsgpack,
  MAX_HEADER_BYTES,
  PROTOCOL_MAJOR,
  PROTOCOL_MINOR,
  RecordKind,
  Welcome,
} from '@aicluster/protocol'
import { bodyOf, DealerLink, encodeName, headerOf, nameOf, ridesInline } from '@aicluster/transport'
import type { ResolvedConnectorOptions } from './connector-options'

type LinkName = 'requests' | 'answers'

export interface ConnectionEvents {
  /** Both links stand and are welcomed; what came over earlier ones has lost its way back. */
  onConnected(welcome: Welcome): void
  onDisconnected(): void
  onRequest(envelope: Envelope, name: string, header: Uint8Array, body: Uint8Array): void
  onCancel(requestNumber: number): void
  /** The manager refuses this container. */
  onRefused(error: AIClusterError): void
}

/** How long closing waits for the manager's last ack, and how often it looks, in ms. */
const CLOSE_TIMEOUT_MS = 1_000
const CLOSE_POLL_MS = 5

const SOFTWARE = '@aicluster/container-sdk/0.1.0'

/** A container's two links to the manager and its hello on each; comes back by itself. */
export class ContainerConnection {
  /** Counts the times that both links stood. */
  generation = 0
  private readonly secret = randomBytes(16)
  private readonly nonce = randomBytes(8)
  private readonly limits = { maxBodyBytes: DEFAULT_MAX_BODY_BYTES, maxHeaderBytes: MAX_HEADER_BYTES }
  private readonly links: Record<LinkName, DealerLink>
  private readonly welcomed: Record<LinkName, Welcome | undefined> = { requests: undefined, answers: undefined }
  private readonly out = createEnvelope()
  private connected = false

  constructor(
    private readonly options: ResolvedConnectorOptions,
    private readonly events: ConnectionEvents,
  ) {
    const link = (name: LinkName, endpoint: string): DealerLink =>
      new DealerLink(
        endpoint,
        {
          onUp: () => this.hello(name),
          onDown: () => this.onDown(name),
          onRecord: (e, frame, nameAt, _end, bodyFrames) => this.onRecord(name, e, frame, nameAt, bodyFrames),
        },
        this.limits,
        options.context,
      )
    this.links = { requests: link('requests', options.requestsEndpoint), answers: link('answers', options.answersEndpoint) }
  }

  get isConnected(): boolean {
    return this.connected
  }

  connect(): void {
    this.links.requests.connect()
    this.links.answers.connect()
  }

  /** Send a record that is nothing but its kind. */
  signal(link: LinkName, kind: RecordKind, header?: Uint8Array): void {
    this.envelope(kind, 0, 0, header?.length ?? 0, 0)
    this.links[link].send(this.out, undefined, header)
  }

  /** Send the outcome of a request. */
  answer(
    kind: typeof RecordKind.result | typeof RecordKind.error,
    requestNumber: number,
    subName: string,
    header: Uint8Array,
    body: Uint8Array | undefined,
  ): void {
    const name = encodeName(subName)
    const bodyLength = body?.length ?? 0
    this.envelope(kind, requestNumber, name.length, header.length, bodyLength)
    if (body === undefined || ridesInline(bodyLength)) this.links.answers.send(this.out, name, header, body)
    else this.links.answers.send(this.out, name, header, undefined, [body])
  }

  /**
   * What the manager would drop.
   * @returns why it may not be sent, or undefined
   */
  refusesSize(headerLength: number, bodyLength: number): string | undefined {
    if (bodyLength > this.limits.maxBodyBytes)
      return `its binary parts have ${bodyLength} bytes, the cluster takes ${this.limits.maxBodyBytes} (limits.max_body_bytes)`
    if (headerLength > this.limits.maxHeaderBytes)
      return `it has ${headerLength} bytes beside its binary parts, the cluster takes ${this.limits.maxHeaderBytes} (limits.max_header_bytes)`
    return undefined
  }

  /**
   * Close both links once the manager has acknowledged what was sent (at most a second later): were one link seen to go
   * before the other was read to its end, the last answers would be lost.
   */
  async close(): Promise<void> {
    const giveUpAt = performance.now() + CLOSE_TIMEOUT_MS
    while (this.connected && this.links.answers.unackedBytes > 0 && performance.now() < giveUpAt) await pause(CLOSE_POLL_MS)
    await Promise.all([this.links.requests.close(), this.links.answers.close()])
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
      in_hand: [],
      software: SOFTWARE,
    })
    this.signal(link, RecordKind.hello, header)
  }

  private onDown(link: LinkName): void {
    this.welcomed[link] = undefined
    if (!this.connected) return
    this.connected = false
    this.events.onDisconnected()
    // The manager has dropped the session with the first link that went: the other one has to say hello again.
    const other = link === 'requests' ? 'answers' : 'requests'
    this.welcomed[other] = undefined
    if (this.links[other].isUp) this.hello(other)
  }

  private onRecord(link: LinkName, e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void {
    switch (e.kind) {
      case RecordKind.request:
        this.events.onRequest(e, nameOf(e, frame, nameAt), headerOf(e, frame, nameAt), bodyOf(e, frame, nameAt, bodyFrames))
        return
      case RecordKind.cancel:
        return this.events.onCancel(e.request)
      case RecordKind.welcome:
        return this.onWelcome(link, Welcome.parse(decodeMsgpack(headerOf(e, frame, nameAt))))
      case RecordKind.refused:
        return this.events.onRefused(decodeError(headerOf(e, frame, nameAt)))
      case RecordKind.ping:
        return this.signal(link, RecordKind.pong)
    }
  }

  private onWelcome(link: LinkName, welcome: Welcome): void {
    this.welcomed[link] = welcome
    this.limits.maxBodyBytes = welcome.limits.max_body_bytes
    this.limits.maxHeaderBytes = welcome.limits.max_header_bytes
    const { requests, answers } = this.welcomed
    if (this.connected || !requests || !answers) return
    if (requests.session !== answers.session) {
      // One of the two is of an earlier try: the manager keeps the newer session.
      const older: LinkName = requests.session < answers.session ? 'requests' : 'answers'
      this.welcomed[older] = undefined
      return this.hello(older)
    }
    this.connected = true
    this.generation++
    this.events.onConnected(requests)
  }

  private envelope(kind: RecordKind, request: number, nameLength: number, headerLength: number, bodyLength: number): void {
    const { out } = this
    out.kind = kind
    out.flags = 0
    out.epoch = this.welcomed.requests?.epoch ?? 0
    out.session = this.welcomed.requests?.session ?? 0
    out.request = request
    out.nameLength = nameLength
    out.headerLength = headerLength
    out.bodyLength = bodyLength
  }
}

/** The error for a cluster that could not be reached in time. */
export const notReached = (endpoint: string, timeoutMs: number): AIClusterError =>
  clusterError('connectionEstablishment', {
    detail: `no welcome from ${endpoint} within ${timeoutMs} ms`,
    details: { endpoint, timeoutMs },
  })
