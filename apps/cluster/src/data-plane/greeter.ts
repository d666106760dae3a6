import { createHash, timingSafeEqual } from 'node:crypto'
import {
  type AIClusterError,
  asAIClusterError,
  ContainerHello,
  clusterError,
  createEnvelope,
  decodeMsgpack,
  type Envelope,
  encodeError,
  encodeMsgpack,
  type Hello,
  HostHello,
  invalidInput,
  PROTOCOL_MAJOR,
  PROTOCOL_MINOR,
  RecordKind,
  type Welcome,
} from '@aicluster/protocol'
import { headerOf, type RouterHandlers, type RouterPeer } from '@aicluster/transport'
import type { Counters } from './counters'
import type { DataPlaneLog } from './data-plane-options'
import { FewLines, shortText } from './few-lines'
import type { PeerState } from './peer-state'

const SOFTWARE = 'aicluster-manager/0.1.0'

export type Peer = RouterPeer<PeerState>
export type OnRecord = RouterHandlers<PeerState>['onRecord']

/** The error of a refused hello. */
export const refusal = (reason: string): AIClusterError => clusterError('connectionEstablishment', { detail: reason, details: { reason } })

/** A {@link refusal} that time does not mend: the application ends what it has open, instead of waiting for better days. */
export const keyRefusal = (reason: string): AIClusterError =>
  clusterError('connectionEstablishment', { detail: reason, details: { reason, key_refused: true } })

/** Whether `token` is the one whose SHA-256 this is; takes the same time either way. */
export const tokenMatches = (token: string, sha256: string): boolean => {
  const expected = Buffer.from(sha256, 'hex')
  const given = createHash('sha256').update(token).digest()
  return expected.length === given.length && timingSafeEqual(given, expected)
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Reads hellos, and writes the records that are nobody's outcome: welcomes, refusals, replies, events. */
export class Greeter {
  private readonly out = createEnvelope()
  /** Hellos that came before {@link Greeter.open}, by peer; undefined from then on. */
  private early: Map<Peer, () => void> | undefined = new Map()
  /** Connections whose refusal is in the log. */
  private readonly told = new WeakSet<Peer>()
  private readonly lines: FewLines

  constructor(
    readonly epoch: number,
    private readonly counters: Counters,
    log: DataPlaneLog,
    now?: () => number,
  ) {
    this.lines = new FewLines(log, now)
  }

  /** A record of a peer that has not been welcomed: a hello, or it is dropped. `accept` throws to refuse. */
  greet(peer: Peer, e: Envelope, frame: Uint8Array, nameAt: number, accept: (header: Uint8Array) => void): void {
    if (e.kind !== RecordKind.hello) {
      this.counters.add('records_before_hello_total')
      return
    }
    const header = headerOf(e, frame, nameAt)
    if (!this.early) return this.decide(peer, header, accept)
    const kept = Uint8Array.from(header)
    this.early.set(peer, () => this.decide(peer, kept, accept))
  }

  /**
   * It is known now who may come: hellos are answered, those that wait first. After a restart peers are quicker than the
   * control plane, and a container that is refused ends for good.
   */
  open(): void {
    const waiting = this.early
    this.early = undefined
    for (const answer of waiting?.values() ?? []) answer()
  }

  /** The connection is gone. */
  forget(peer: Peer): void {
    this.early?.delete(peer)
  }

  private decide(peer: Peer, header: Uint8Array, accept: (header: Uint8Array) => void): void {
    try {
      accept(header)
    } catch (error) {
      this.refuse(peer, asAIClusterError(error))
    }
  }

  /** @throws SocketConnectionError (110) with the reason why the hello is refused */
  readHello<Role extends Hello['role']>(role: Role, link: Hello['link'], header: Uint8Array): Extract<Hello, { role: Role }> {
    let value: unknown
    try {
      value = decodeMsgpack(header)
    } catch {
      throw refusal('the hello is not msgpack')
    }
    const version = (value as { protocol?: unknown } | null)?.protocol
    if (!Array.isArray(version) || version[0] !== PROTOCOL_MAJOR) {
      throw refusal(`this manager speaks protocol version ${PROTOCOL_MAJOR}.${PROTOCOL_MINOR}, the hello says ${versionText(version)}`)
    }
    const parsed = (role === 'host' ? HostHello : ContainerHello).safeParse(value)
    if (!parsed.success) throw refusal(invalidInput('hello', value, parsed.error).message)
    if (parsed.data.link !== link) throw refusal(`a ${parsed.data.link} hello on the ${link} socket`)
    return parsed.data as Extract<Hello, { role: Role }>
  }

  welcome(peer: Peer, content: Omit<Welcome, 'protocol' | 'software' | 'epoch'>): void {
    const welcome: Welcome = { protocol: [PROTOCOL_MAJOR, PROTOCOL_MINOR], software: SOFTWARE, epoch: this.epoch, ...content }
    this.sendHeader(peer, RecordKind.welcome, encodeMsgpack(welcome), content.session)
  }

  /** @param session - whose end it is; 0: of none, a hello is refused */
  refuse(peer: Peer, error: AIClusterError, session = 0): void {
    this.counters.add('hellos_refused_total')
    if (!this.told.has(peer))
      this.lines.warn({ reason: shortText(error.message) }, 'hello refused; further ones of this peer are only counted')
    this.told.add(peer)
    this.sendHeader(peer, RecordKind.refused, encodeError(error), session)
  }

  /** Send a record that is nothing but its kind. */
  signal(peer: Peer, kind: RecordKind, session: number): void {
    this.prepare(kind, session, 0, 0, 0)
    peer.outbox.send(this.out)
  }

  /** Send a record that has a header and nothing else. */
  sendHeader(peer: Peer, kind: RecordKind, header: Uint8Array, session: number): void {
    this.prepare(kind, session, 0, header.length, 0)
    peer.outbox.send(this.out, header)
  }

  /** Send a record that has a body and nothing else. */
  sendBody(peer: Peer, kind: RecordKind, session: number, request: number, body: Uint8Array): void {
    this.prepare(kind, session, request, 0, body.length)
    peer.outbox.sendBody(this.out, undefined, undefined, body)
  }

  private prepare(kind: RecordKind, session: number, request: number, headerLength: number, bodyLength: number): void {
    const { out } = this
    out.kind = kind
    out.flags = 0
    out.epoch = this.epoch
    out.session = session
    out.request = request
    out.headerLength = headerLength
    out.bodyLength = bodyLength
  }
}

/** What a peer calls its version, if it is like one. */
const versionText = (version: unknown): string =>
  Array.isArray(version) && version.length <= 3 && version.every((part) => typeof part === 'number') ? version.join('.') : 'something else'
