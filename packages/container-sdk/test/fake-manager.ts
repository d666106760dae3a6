import {
  clusterError,
  createEnvelope,
  decodeMsgpack,
  decodeNumbers,
  type Envelope,
  encodeError,
  encodeMsgpack,
  encodeNumbers,
  RecordFlag,
  RecordKind,
  type Welcome,
} from '@aicluster/protocol'
import { bodyOf, headerOf, ipcEndpoint, RouterLink, type RouterPeer, ridesInline } from '@aicluster/transport'

type Link = 'requests' | 'answers'
type Peer = RouterPeer<string>

/** A record of the container as it came. */
export interface ManagerRecord extends Envelope {
  link: Link
  header: Record<string, unknown>
  body: Buffer
}

export interface FakeManagerOptions {
  epoch?: number
  maxSendNum?: number
  /** Hellos that get no answer. */
  deafTo?: number
}

const LIMITS = { maxBodyBytes: 8 * 1024 * 1024, maxHeaderBytes: 1024 * 1024 }

/** A manager of one container: real sockets, real bytes, and no will of its own beyond welcoming. */
export class FakeManager implements AsyncDisposable {
  readonly records: ManagerRecord[] = []
  readonly epoch: number
  private readonly links: Record<Link, RouterLink<string>>
  private readonly peers: Record<Link, Peer | undefined> = { requests: undefined, answers: undefined }
  private session = 0
  private deafTo: number
  /** Further fields of the next record. */
  private envelope: Partial<Envelope> = {}

  constructor(private readonly options: FakeManagerOptions = {}) {
    this.epoch = options.epoch ?? 1
    this.deafTo = options.deafTo ?? 0
    this.links = { requests: this.newLink('requests'), answers: this.newLink('answers') }
  }

  static async bind(folder: string, options?: FakeManagerOptions): Promise<FakeManager> {
    const manager = new FakeManager(options)
    await manager.links.requests.bind(ipcEndpoint(folder, 'sub'))
    await manager.links.answers.bind(ipcEndpoint(folder, 'pub'))
    return manager
  }

  /** Both links are welcomed. */
  get isConnected(): boolean {
    return this.peers.requests !== undefined && this.peers.answers !== undefined
  }

  of(...kinds: RecordKind[]): ManagerRecord[] {
    return this.records.filter(({ kind }) => (kinds as number[]).includes(kind))
  }

  /** The last hello on the requests link. */
  get hello(): ManagerRecord | undefined {
    return this.of(RecordKind.hello).findLast(({ link }) => link === 'requests')
  }

  /** Results and errors so far: the number, and the result or the error's code. */
  get answers(): [number, unknown][] {
    return this.of(RecordKind.result, RecordKind.error).map(({ request, kind, header, body }) => {
      if (kind === RecordKind.error) return [request, header.code]
      return [request, header.result ?? String(body)]
    })
  }

  request(
    number: number,
    { data = '', metadata = {}, attempt = 0, sink = false }: { data?: string; metadata?: object; attempt?: number; sink?: boolean } = {},
  ): void {
    this.send(RecordKind.request, number, encodeMsgpack({ metadata }), Buffer.from(data), attempt, this.epoch, sink ? RecordFlag.sink : 0)
  }

  /** A request whose answer is read in parts. */
  stream(number: number, attempt = 0): void {
    this.envelope = { flags: RecordFlag.wantsParts }
    this.request(number, { attempt })
  }

  /** The reader has taken so many parts; or misses those from this one on. */
  window(number: number, part: number, again = false): void {
    this.envelope = { part, flags: again ? RecordFlag.again : 0 }
    this.send(RecordKind.window, number)
  }

  /** Numbers of the parts that have come of a request, in order. */
  parts(number: number): number[] {
    return this.of(RecordKind.part)
      .filter(({ request }) => request === number)
      .map(({ part }) => part)
  }

  cancel(number: number): void {
    this.send(RecordKind.cancel, number)
  }

  settle(...numbers: number[]): void {
    this.send(RecordKind.settled, 0, undefined, encodeNumbers(numbers))
  }

  reconcile(round: number, open: number[], keep: number[] = []): void {
    this.send(RecordKind.reconcile, round, encodeMsgpack({ keep: encodeNumbers(keep) }), encodeNumbers(open))
  }

  /** The numbers that the container says are unknown, by round. */
  get reconciled(): [number, number[] | undefined][] {
    return this.of(RecordKind.reconciled).map(({ request, body }) => [request, decodeNumbers(body)])
  }

  /** As if a record on the requests link had been lost; it shows with the next one. */
  lose(): void {
    const { outbox } = this.peers.requests as Peer
    outbox.sequence++
    outbox.window.sent(0)
  }

  send(kind: RecordKind, number = 0, header?: Uint8Array, body?: Uint8Array, attempt = 0, epoch = this.epoch, flags = 0): void {
    const name = kind === RecordKind.request ? Buffer.from('digits') : undefined
    const envelope = {
      ...createEnvelope(kind),
      ...this.envelope,
      request: number,
      epoch,
      attempt,
      flags: this.envelope.flags ?? flags,
      session: this.session,
      nameLength: name?.length ?? 0,
      headerLength: header?.length ?? 0,
      bodyLength: body?.length ?? 0,
    }
    this.envelope = {}
    const { outbox } = this.peers.requests as Peer
    if (!body || ridesInline(body.length)) outbox.send(envelope, name, header, body)
    else outbox.send(envelope, name, header, undefined, [body])
  }

  /** Refuse the container. */
  refuse(reason: string): void {
    this.send(RecordKind.refused, 0, encodeError(clusterError('connectionEstablishment', { detail: reason })))
  }

  /** The manager is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.links.requests.close(), this.links.answers.close()])
  }

  private newLink(link: Link): RouterLink<string> {
    return new RouterLink<string>(
      {
        onDisconnect: (peer) => {
          if (this.peers[link] === peer) this.peers.requests = this.peers.answers = undefined
        },
        onRecord: (peer, e, frame, nameAt, _end, bodyFrames) => {
          const header = headerOf(e, frame, nameAt)
          this.records.push({
            ...e,
            link,
            header: header.length > 0 ? (decodeMsgpack(Buffer.from(header)) as Record<string, unknown>) : {},
            body: Buffer.from(bodyOf(e, frame, nameAt, bodyFrames)),
          })
          if (e.kind === RecordKind.hello) this.welcome(link, peer)
        },
        onDrop: () => {},
        onGap: (peer) => peer.accounted(),
      },
      LIMITS,
    )
  }

  private welcome(link: Link, peer: Peer): void {
    if (this.deafTo-- > 0) return
    if (!this.peers.requests && !this.peers.answers) this.session++
    this.peers[link] = peer
    const welcome: Welcome = {
      protocol: [1, 0],
      epoch: this.epoch,
      session: this.session,
      limits: { max_body_bytes: LIMITS.maxBodyBytes, max_header_bytes: LIMITS.maxHeaderBytes },
      max_send_num: this.options.maxSendNum ?? 4,
      software: 'fake',
    }
    const header = encodeMsgpack(welcome)
    peer.outbox.send(
      { ...createEnvelope(RecordKind.welcome), epoch: this.epoch, session: this.session, headerLength: header.length },
      header,
    )
  }
}
