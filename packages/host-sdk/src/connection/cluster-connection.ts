import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
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
  NumberBlock,
  PROTOCOL_MAJOR,
  PROTOCOL_MINOR,
  RecordKind,
  Welcome,
} from '@aicluster/protocol'
import { DealerLink, headerOf } from '@aicluster/transport'
import type { ResolvedEndpoints } from './connect-options'
import { RequestNumbers } from './request-numbers'

export type LinkName = 'inference' | 'management'

/** A record that the connection itself has no use for. Envelope and bytes are only good during the call. */
export type ConnectionRecordHandler = (
  link: LinkName,
  envelope: Envelope,
  frame: Uint8Array,
  nameAt: number,
  bodyFrames: Uint8Array[] | undefined,
) => void

export interface ConnectionEvents {
  /** Both links stand and are welcomed. */
  onConnected(): void
  /** A link that stood is gone: nothing that was open over it can be answered any more. */
  onLost(link: LinkName): void
  onRefused(error: AIClusterError): void
  onRecord: ConnectionRecordHandler
}

/** A refused hello is said again after this long, in ms, as long as the link stands. */
const HELLO_RETRY_MS = 1_000

const SOFTWARE = '@aicluster/host-sdk/0.1.0'

/** An application's two links to the manager, and its session over them. Comes back by itself. */
export class ClusterConnection {
  readonly numbers = new RequestNumbers(() => this.signal('inference', RecordKind.moreNumbers))
  readonly limits = { maxBodyBytes: DEFAULT_MAX_BODY_BYTES, maxHeaderBytes: MAX_HEADER_BYTES }
  epoch = 0
  session = 0
  private readonly links: Record<LinkName, DealerLink>
  private readonly welcomed: Record<LinkName, boolean> = { inference: false, management: false }
  private readonly secret = randomBytes(16)
  private readonly nonce = randomBytes(8)
  private readonly retry: Partial<Record<LinkName, NodeJS.Timeout>> = {}
  private readonly out = createEnvelope()
  private readonly pongs: Record<LinkName, (() => void)[]> = { inference: [], management: [] }

  constructor(
    readonly endpoints: ResolvedEndpoints,
    private readonly events: ConnectionEvents,
  ) {
    const link = (name: LinkName): DealerLink =>
      new DealerLink(
        endpoints[name],
        {
          onUp: () => this.onUp(name),
          onDown: () => this.onDown(name),
          onRecord: (e, frame, nameAt, _end, bodyFrames) => this.onRecord(name, e, frame, nameAt, bodyFrames),
        },
        this.limits,
      )
    this.links = { inference: link('inference'), management: link('management') }
  }

  get isConnected(): boolean {
    return this.welcomed.inference && this.welcomed.management
  }

  /** Which links are not welcomed (yet), for messages. */
  get missing(): LinkName[] {
    return (['inference', 'management'] as const).filter((name) => !this.welcomed[name])
  }

  connect(): void {
    this.links.inference.connect()
    this.links.management.connect()
  }

  /** The link that requests go over; the hot path writes to it directly. */
  get inferenceLink(): DealerLink {
    return this.links.inference
  }

  get managementLink(): DealerLink {
    return this.links.management
  }

  /** Send a record that is nothing but its kind, and perhaps a header. */
  signal(link: LinkName, kind: RecordKind, header?: Uint8Array, request = 0): void {
    const { out } = this
    out.kind = kind
    out.flags = 0
    out.epoch = this.epoch
    out.session = this.session
    out.request = request
    out.headerLength = header?.length ?? 0
    this.links[link].send(out, header)
  }

  /** Whether the manager answers on this link within the time. */
  async check(link: LinkName, timeoutMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const answered = await new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs)
      this.pongs[link].push(() => resolve(true))
      this.signal(link, RecordKind.ping)
    })
    clearTimeout(timer)
    return answered
  }

  async close(): Promise<void> {
    if (this.welcomed.inference) this.signal('inference', RecordKind.goodbye)
    this.welcomed.inference = this.welcomed.management = false
    for (const timer of Object.values(this.retry)) clearTimeout(timer)
    await Promise.all([this.links.inference.close(), this.links.management.close()])
  }

  private hello(link: LinkName): void {
    const header = encodeMsgpack({
      protocol: [PROTOCOL_MAJOR, PROTOCOL_MINOR],
      role: 'host',
      link,
      nonce: this.nonce,
      session_secret: this.secret,
      host: hostname(),
      pid: process.pid,
      token: this.endpoints.token,
      software: SOFTWARE,
      reconnect_timeout_ms: 30_000,
    })
    this.signal(link, RecordKind.hello, header)
  }

  private onUp(link: LinkName): void {
    // The management link joins the session that the inference link's hello has opened.
    if (link === 'inference' || this.welcomed.inference) this.hello(link)
  }

  private onDown(link: LinkName): void {
    const was = this.welcomed[link]
    this.welcomed[link] = false
    // The session is the inference link's: with that link it is over on both.
    if (link === 'inference' && this.welcomed.management) {
      this.welcomed.management = false
      this.events.onLost('management')
    }
    if (was) this.events.onLost(link)
  }

  private onRefused(link: LinkName, error: AIClusterError): void {
    this.events.onRefused(error)
    // A session that stood was ended by the manager: what it had open has no way back.
    if (this.welcomed[link]) this.onDown(link)
    // The reason may pass: a manager that is shutting down or out of numbers for the moment.
    clearTimeout(this.retry[link])
    this.retry[link] = setTimeout(() => this.links[link].isUp && !this.welcomed[link] && this.onUp(link), HELLO_RETRY_MS)
    this.retry[link]?.unref()
  }

  private onRecord(link: LinkName, e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void {
    switch (e.kind) {
      case RecordKind.welcome:
        return this.onWelcome(link, Welcome.parse(decodeMsgpack(headerOf(e, frame, nameAt))))
      case RecordKind.refused:
        return this.onRefused(link, decodeError(headerOf(e, frame, nameAt)))
      case RecordKind.numbers:
        return this.numbers.add(NumberBlock.parse(decodeMsgpack(headerOf(e, frame, nameAt))))
      case RecordKind.ping:
        return this.signal(link, RecordKind.pong)
      case RecordKind.pong:
        return this.pongs[link].shift()?.()
      default:
        return this.events.onRecord(link, e, frame, nameAt, bodyFrames)
    }
  }

  private onWelcome(link: LinkName, welcome: Welcome): void {
    this.welcomed[link] = true
    this.limits.maxBodyBytes = welcome.limits.max_body_bytes
    this.limits.maxHeaderBytes = welcome.limits.max_header_bytes
    if (link === 'inference') {
      this.epoch = welcome.epoch
      this.session = welcome.session
      if (welcome.numbers) this.numbers.restart(welcome.numbers)
      if (this.links.management.isUp) this.hello('management')
    }
    if (this.isConnected) this.events.onConnected()
  }
}

/** The error of every call that finds no connection. */
export const notConnected = (detail: string): AIClusterError => clusterError('connectionFailed', { detail })
