import {
  createEnvelope,
  DEFAULT_MAX_BODY_BYTES,
  type Envelope,
  encodeMsgpack,
  MAX_HEADER_BYTES,
  type RecordKind,
} from '@aicluster/protocol'
import { bodyOf, headerOf, ipcEndpoint, nameOf, RouterLink, type RouterPeer, ridesInline } from '@aicluster/transport'

export type Link = 'inference' | 'management'

/** What a fake manager knows of an application. */
export interface Session {
  number: number
  secret: string
}

export type Peer = RouterPeer<Session>

/** A record that has arrived, copied. */
export interface Arrived extends Envelope {
  link: Link
  name: string
  header: Buffer
  body: Buffer
}

/** What a record holds beside its kind; what is left out is 0 or empty. */
export interface RecordContent {
  request?: number
  header?: unknown
  headerBytes?: Uint8Array
  body?: Uint8Array
  part?: number
}

const BOTH: readonly Link[] = ['inference', 'management']
export const LIMITS = { maxBodyBytes: DEFAULT_MAX_BODY_BYTES, maxHeaderBytes: MAX_HEADER_BYTES }

/** The two ends of a manager that one application sees: real bytes over real sockets, of which any can get lost. */
export class FakeLinks {
  private readonly ends = new Map<Link, RouterLink<Session>>()
  private readonly acknowledged = new Map<Link, number>()
  private readonly peers = new Map<Link, Peer>()
  private readonly out = createEnvelope()

  constructor(
    private readonly folder: string,
    private readonly onRecord: (peer: Peer, record: Arrived) => void,
    private readonly onGap: (link: Link) => void,
  ) {}

  /** Whether the application has acknowledged everything that went over a link, lost or not. */
  isAcknowledged(link: Link): boolean {
    return this.acknowledged.get(link) === this.peers.get(link)?.outbox.sequence
  }

  /** The application said hello on this link. */
  adopt(link: Link, peer: Peer): void {
    this.peers.set(link, peer)
  }

  /** What was missing on this link is accounted for. */
  accounted(link: Link): void {
    this.peers.get(link)?.accounted()
  }

  async cut(links: readonly Link[] = BOTH): Promise<void> {
    for (const link of links) {
      const end = this.ends.get(link)
      this.ends.delete(link)
      this.peers.delete(link)
      await end?.close()
    }
  }

  async bind(links: readonly Link[] = BOTH): Promise<void> {
    for (const link of links) {
      const end = this.newEnd(link)
      this.ends.set(link, end)
      await end.bind(ipcEndpoint(this.folder, link))
    }
  }

  /** The next record over this link gets lost. */
  loseNext(link: Link): void {
    const peer = this.peers.get(link)
    if (!peer) return
    peer.outbox.sequence++
    peer.outbox.window.sent(0)
  }

  /** Without a connection it is dropped. */
  send(link: Link, kind: RecordKind, epoch: number, { request = 0, header, headerBytes, body, part = 0 }: RecordContent): void {
    const peer = this.peers.get(link)
    if (!peer) return
    const head = headerBytes ?? (header === undefined ? new Uint8Array(0) : encodeMsgpack(header))
    Object.assign(this.out, createEnvelope(kind), { epoch, session: peer.state?.number ?? 0, request, part })
    this.out.headerLength = head.length
    this.out.bodyLength = body?.length ?? 0
    if (!body || ridesInline(body.length)) peer.outbox.send(this.out, head, body)
    else peer.outbox.send(this.out, head, undefined, undefined, [body])
  }

  private newEnd(link: Link): RouterLink<Session> {
    return new RouterLink<Session>(
      {
        onDisconnect: (peer) => {
          if (this.peers.get(link) === peer) this.peers.delete(link)
        },
        onRecord: (peer, e, frame, nameAt, _end, bodyFrames) =>
          this.onRecord(peer, {
            ...e,
            link,
            name: nameOf(e, frame, nameAt),
            header: Buffer.from(headerOf(e, frame, nameAt)),
            body: Buffer.from(bodyOf(e, frame, nameAt, bodyFrames)),
          }),
        onGap: () => this.onGap(link),
        onAck: (peer, sequence) => {
          if (this.peers.get(link) === peer) this.acknowledged.set(link, sequence)
        },
        onDrop: (_peer, reason, _first, error) => {
          throw error ?? new Error(`the SDK sent what is dropped: ${reason}`)
        },
      },
      LIMITS,
    )
  }
}
