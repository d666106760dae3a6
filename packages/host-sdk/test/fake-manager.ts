import {
  clusterError,
  decodeMsgpack,
  decodeNumbers,
  encodeError,
  encodeMsgpack,
  encodeNumbers,
  type HostHello,
  RecordFlag,
  RecordKind,
} from '@aicluster/protocol'
import { type Arrived, FakeLinks, LIMITS, type Link, type Peer, type RecordContent, type Session } from './fake-links'

const BLOCK_SIZE = 1000

/**
 * A manager's four ends reduced to the two that applications see: real bytes over real sockets, and every fault on demand.
 *
 * It knows what it has received, answers nothing by itself (see {@link FakeManager.onRequest}), keeps each outcome until it is told
 * that it is not wanted, and sends outcomes again after a reconciliation.
 */
export class FakeManager implements AsyncDisposable {
  epoch = 1
  readonly arrived: Arrived[] = []
  /** Numbers of requests and commands that have come although they were here already. */
  readonly repeated: number[] = []
  /** Whether hellos are answered. */
  welcomes = true
  /** Whether pings are answered. */
  pongs = true
  /** Whether reconciliations are answered. */
  reconciles = true
  /** Whether further request numbers are given. */
  grantsNumbers = true
  /** The reason why hellos are refused, if they are. */
  refusal: ReturnType<typeof clusterError> | undefined
  /** What its welcome says that it takes. */
  limits = LIMITS
  /** Called with each request or command that it takes. */
  onRequest: (request: Arrived) => void = () => {}
  /** Whether a request or command gets lost on its way; asked for each. */
  loses: (record: Arrived) => boolean = () => false
  private readonly links: FakeLinks
  private sessions: Session[] = []
  private sessionsMade = 0
  private nextNumber = 1
  private readonly known = new Set<number>()
  private readonly outcomes = new Map<number, () => void>()

  private constructor(private readonly folder: string) {
    this.links = new FakeLinks(
      folder,
      (peer, record) => this.onRecord(peer, record),
      (link) => this.signal(link, RecordKind.resync),
    )
  }

  /** What an application connects to. */
  get endpoint(): string {
    return `ipc://${this.folder}`
  }

  /** @param folder - for its sockets */
  static async start(folder: string): Promise<FakeManager> {
    const manager = new FakeManager(folder)
    await manager.bind()
    return manager
  }

  arrivedOf(kind: RecordKind, link?: Link): Arrived[] {
    return this.arrived.filter((record) => record.kind === kind && (link === undefined || record.link === link))
  }

  get requestRecords(): Arrived[] {
    return this.arrivedOf(RecordKind.request)
  }

  /** Numbers of the requests that have arrived, in order. */
  get requests(): number[] {
    return this.requestRecords.map(({ request }) => request)
  }

  /** Numbers and contents of the commands that have arrived, in order. */
  get commands(): { number: number; content: Record<string, unknown> }[] {
    return this.arrivedOf(RecordKind.command).map(({ request, body }) => ({
      number: request,
      content: decodeMsgpack(body) as Record<string, unknown>,
    }))
  }

  /** Data of the requests that have arrived, in order. */
  get bodies(): Buffer[] {
    return this.requestRecords.map(({ body }) => body)
  }

  /** The lists of open numbers that have arrived over a link. */
  lists(link: Link): number[][] {
    return this.arrivedOf(RecordKind.reconcile, link).map(({ body }) => decodeNumbers(body) ?? [])
  }

  /** Whether the application has acknowledged everything that went over a link, lost or not. */
  isAcknowledged(link: Link): boolean {
    return this.links.isAcknowledged(link)
  }

  /** The connections go, both unless said otherwise; sessions, requests and outcomes stay. */
  cut(links?: readonly Link[]): Promise<void> {
    return this.links.cut(links)
  }

  /** Its sockets are there (again). */
  bind(links?: readonly Link[]): Promise<void> {
    return this.links.bind(links)
  }

  /** Another life: nothing of before is known. Takes effect with the next hello. */
  forgetEverything(): void {
    this.epoch++
    this.dropSessions()
  }

  /** Sessions, and what they had, are gone; the manager itself goes on. */
  dropSessions(): void {
    this.sessions = []
    this.known.clear()
    this.outcomes.clear()
  }

  /** As if these requests had never arrived. */
  unlearn(...numbers: number[]): void {
    for (const number of numbers) this.known.delete(number)
  }

  /** Answer a request with this text. */
  answer(number: number, text: string): void {
    this.deliver(number, () => this.sendText(number, text))
  }

  /** Answer a request with this text, but the answer gets lost. */
  loseAnswer(number: number, text: string): void {
    this.outcomes.set(number, () => this.sendText(number, text))
    this.links.loseNext('inference')
  }

  /** An answer that an earlier life of the manager has sent comes in now. */
  answerFromEpoch(epoch: number, number: number, text: string): void {
    this.sendText(number, text, epoch)
  }

  /** Send a part of an answer, the text that it holds being its number. */
  part(number: number, part: number, epoch = this.epoch): void {
    this.sendRecord('inference', RecordKind.part, { request: number, header: { result: part }, part, epoch })
  }

  /** Send a part whose header says nothing. */
  brokenPart(number: number, part: number): void {
    this.sendRecord('inference', RecordKind.part, { request: number, header: {}, part })
  }

  /** Send a part that gets lost. */
  losePart(): void {
    this.links.loseNext('inference')
  }

  /** End an answer that has so many parts; kept, and sent again when it is asked for. */
  endStream(number: number, parts: number, text = 'end'): void {
    this.deliver(number, () => this.sendRecord('inference', RecordKind.result, { request: number, header: { result: text }, part: parts }))
  }

  /** What was said of a stream's window: the parts that were taken, and those from which on parts were asked for again. */
  windows(number: number): { taken: number[]; again: number[] } {
    const records = this.arrivedOf(RecordKind.window).filter(({ request }) => request === number)
    const isAgain = ({ flags }: Arrived) => (flags & RecordFlag.again) !== 0
    return {
      taken: records.filter((record) => !isAgain(record)).map(({ part }) => part),
      again: records.filter(isAgain).map(({ part }) => part),
    }
  }

  /** Answer a request with an error. */
  refuseRequest(number: number, error: ReturnType<typeof clusterError>): void {
    this.deliver(number, () => this.sendRecord('inference', RecordKind.error, { request: number, headerBytes: encodeError(error) }))
  }

  /** Answer a command. */
  reply(number: number, value: unknown): void {
    this.deliver(number, () => this.sendRecord('management', RecordKind.reply, { request: number, body: encodeMsgpack(value) }))
  }

  /** Answer a command with an error. */
  refuseCommand(number: number, error: ReturnType<typeof clusterError>): void {
    this.deliver(number, () => this.sendRecord('management', RecordKind.commandError, { request: number, body: encodeError(error) }))
  }

  /** Tell how far a command is. */
  progress(number: number, view: unknown): void {
    this.sendRecord('management', RecordKind.progress, { request: number, body: encodeMsgpack(view) })
  }

  /** Answer each command by its content; undefined: not yet. */
  answerCommands(answer: (content: Record<string, unknown>, number: number) => unknown): void {
    this.onRequest = ({ kind, request, body }) => {
      if (kind !== RecordKind.command) return
      const reply = answer(decodeMsgpack(body) as Record<string, unknown>, request)
      if (reply instanceof Error) this.refuseCommand(request, reply as ReturnType<typeof clusterError>)
      else if (reply !== undefined) this.reply(request, reply)
    }
  }

  /** Answer a command, but the reply gets lost. */
  loseReply(number: number, value: unknown): void {
    this.outcomes.set(number, () => this.sendRecord('management', RecordKind.reply, { request: number, body: encodeMsgpack(value) }))
    this.links.loseNext('management')
  }

  signal(link: Link, kind: RecordKind, epoch = this.epoch): void {
    this.sendRecord(link, kind, { epoch })
  }

  /** End the session that stands, as a manager does that cuts an application off. */
  cutOff(): void {
    this.dropSessions()
    const error = clusterError('outcomeExpired', { detail: 'cut off' })
    this.sendRecord('inference', RecordKind.refused, { headerBytes: encodeError(error) })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cut()
  }

  private sendText(request: number, text: string, epoch = this.epoch): void {
    this.sendRecord('inference', RecordKind.result, { request, header: { result: text }, epoch })
  }

  private deliver(number: number, send: () => void): void {
    this.outcomes.set(number, send)
    send()
  }

  private onRecord(peer: Peer, record: Arrived): void {
    this.arrived.push(record)
    const { link } = record
    if (record.kind === RecordKind.hello) return this.onHello(peer, record)
    if (!peer.state) throw new Error(`a record of kind ${record.kind} before the welcome`)
    switch (record.kind) {
      case RecordKind.request:
      case RecordKind.command:
        if (this.loses(record)) return
        if (this.known.has(record.request)) this.repeated.push(record.request)
        this.known.add(record.request)
        return this.onRequest(record)
      case RecordKind.cancel:
        this.outcomes.delete(record.request)
        return
      case RecordKind.ping:
        if (this.pongs) this.sendRecord(link, RecordKind.pong, {})
        return
      case RecordKind.reconcile:
        return this.reconcile(record)
      case RecordKind.moreNumbers:
        if (this.grantsNumbers) this.sendRecord(link, RecordKind.numbers, { header: this.block() })
        return
    }
  }

  private onHello(peer: Peer, hello: Arrived): void {
    if (!this.welcomes) return
    const { link } = hello
    this.links.adopt(link, peer)
    const secret = Buffer.from((decodeMsgpack(hello.header) as HostHello).session_secret).toString('hex')
    let session = this.sessions.find((candidate) => candidate.secret === secret)
    const expired = !session && hello.epoch === this.epoch && hello.session !== 0
    const refusal = this.refusal ?? (expired ? clusterError('outcomeExpired', { detail: 'the session has ended' }) : undefined)
    if (refusal) return this.sendRecord(link, RecordKind.refused, { headerBytes: encodeError(refusal) })
    const isNew = !session
    session ??= { number: ++this.sessionsMade, secret }
    if (isNew) this.sessions.push(session)
    peer.state = session
    const numbers = link === 'inference' && (isNew || hello.session === 0) ? { numbers: this.block() } : {}
    const limits = { max_body_bytes: this.limits.maxBodyBytes, max_header_bytes: this.limits.maxHeaderBytes }
    const header = { protocol: [1, 0], epoch: this.epoch, session: session.number, software: 'fake', limits, ...numbers }
    this.sendRecord(link, RecordKind.welcome, { header })
  }

  private block(): { first: number; count: number } {
    const first = this.nextNumber
    this.nextNumber += BLOCK_SIZE
    return { first, count: BLOCK_SIZE }
  }

  private reconcile({ link, request: round, body }: Arrived): void {
    if (!this.reconciles) return
    this.links.accounted(link)
    const open = decodeNumbers(body) ?? []
    const unknown = open.filter((number) => !this.known.has(number))
    this.sendRecord(link, RecordKind.reconciled, { request: round, body: encodeNumbers(unknown) })
    for (const number of open) this.outcomes.get(number)?.()
  }

  private sendRecord(link: Link, kind: RecordKind, { epoch = this.epoch, ...content }: RecordContent & { epoch?: number }): void {
    this.links.send(link, kind, epoch, content)
  }
}
