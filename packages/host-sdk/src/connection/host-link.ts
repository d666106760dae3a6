import {
  type AIClusterError,
  createEnvelope,
  decodeError,
  decodeMsgpack,
  decodeNumbers,
  type Envelope,
  encodeNumbers,
  NumberBlock,
  RecordKind,
  Welcome,
} from '@aicluster/protocol'
import {
  AskingHalf,
  bodyOf,
  type CurveClientKeys,
  DealerLink,
  type HandshakeFailure,
  handshakeFailureText,
  headerOf,
  type MessageLimits,
} from '@aicluster/transport'
import type { SessionIdentity } from './session-identity'

export type LinkName = 'inference' | 'management'

/** A hello without an answer is said again after this long, in ms. The beat comes every 500 ms: between 0.8 and 1.3 s. */
const HELLO_REPEATED_AFTER_MS = 800

/** A key that was refused is shown again after this long, in ms: it is hardly ever let in again. */
const REFUSED_KEY_SHOWN_AFTER_MS = 5_000

/** What is open over a link: the requests, or the commands. */
export interface LinkTraffic {
  /** How many have no outcome. */
  readonly openCount: number
  /** Their numbers, rising. */
  open(): number[]
  /** Send it (again), unless it has got its outcome meanwhile. */
  resend(number: number): void
  /** Envelope and bytes are only good during the call. */
  onRecord(envelope: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void
  /** Both sides have compared what is open, and what was unknown has been sent again. */
  onReconciled?(): void
  /** Twice a second while something is open, and the link in order. */
  onBeat?(): void
  /** End what is open with an error of this row; `whole`: also what only waits to be sent. */
  endAll(key: 'connectionEstablishment' | 'connectionFailed' | 'outcomeExpired', detail: string, whole: boolean): void
}

/** What a link tells its connection. */
export interface HostLinkEvents {
  onUp(link: HostLink): void
  onDown(link: HostLink): void
  /** @param reason - for people */
  onHandshakeFailed(link: HostLink, failure: HandshakeFailure, reason: string): void
  onWelcome(link: HostLink, welcome: Welcome): void
  /** @param epoch - of the manager's life that refuses; 0 unknown */
  onRefused(link: HostLink, error: AIClusterError, epoch: number, session: number): void
  onNumbers(block: NumberBlock): void
  /** Whatever got lost over this link has been asked for again. */
  onAccounted(link: HostLink): void
}

/** One of an application's two links: its hello, its pings, and its half of the reconciliation. */
export class HostLink {
  readonly dealer: DealerLink
  readonly asking: AskingHalf
  /** Set by whoever sends over it, before it is connected. */
  traffic!: LinkTraffic
  private isWelcomed = false
  /** When hello was said last; undefined while it is not to be said. */
  private helloSaidAtMs: number | undefined
  private readonly out = createEnvelope()
  private readonly pongAwaiters = new Set<() => void>()

  constructor(
    readonly name: LinkName,
    readonly endpoint: string,
    private readonly session: SessionIdentity,
    limits: MessageLimits,
    private readonly events: HostLinkEvents,
    curve: CurveClientKeys | undefined,
  ) {
    this.dealer = new DealerLink(
      endpoint,
      {
        onUp: () => events.onUp(this),
        onDown: () => {
          this.helloSaidAtMs = undefined
          events.onDown(this)
        },
        onRecord: (e, frame, nameAt, _end, bodyFrames) => this.onRecord(e, frame, nameAt, bodyFrames),
        onGap: () => this.asking.gap(),
        onHandshakeFailed: (failure) => events.onHandshakeFailed(this, failure, handshakeFailureText(failure, curve !== undefined)),
      },
      limits,
      { curve },
    )
    this.asking = new AskingHalf(
      {
        open: () => this.traffic.open(),
        reconcile: (round, numbers) => this.sendNumbers(RecordKind.reconcile, round, numbers),
        resend: (number) => this.traffic.resend(number),
        accounted: () => {
          this.dealer.accounted()
          events.onAccounted(this)
        },
      },
      true,
    )
  }

  /** The manager knows who this is, on the connection that stands now. */
  get welcomed(): boolean {
    return this.isWelcomed
  }

  hello(): void {
    this.helloSaidAtMs = performance.now()
    this.signal(RecordKind.hello, this.session.hello(this.name))
  }

  /** The manager has answered hello. What was open before, and what got lost, is settled by a reconciliation. */
  welcome(): void {
    this.isWelcomed = true
    this.helloSaidAtMs = undefined
    // Also in a session that is new: the manager may have welcomed it before, without this side hearing of it.
    this.asking.up(true)
  }

  /**
   * The manager has refused it: the reason may pass, hello is said again later.
   * @param keyRefused - that seldom passes
   * @returns whether it was welcomed
   */
  refused(keyRefused: boolean): boolean {
    this.helloSaidAtMs = performance.now() + (keyRefused ? REFUSED_KEY_SHOWN_AFTER_MS - HELLO_REPEATED_AFTER_MS : 0)
    return this.lose()
  }

  /** The session does not reach over this link any more. @returns whether it did */
  lose(): boolean {
    const was = this.isWelcomed
    this.isWelcomed = false
    this.asking.down()
    return was
  }

  /** Send a record that is nothing but its kind, and perhaps a header. */
  signal(kind: RecordKind, header?: Uint8Array, request = 0): void {
    this.prepare(kind, request, header?.length ?? 0, 0)
    this.dealer.send(this.out, header)
  }

  /** Whether the manager answers on this link within the time. A ping that gets lost is repeated by the beat. */
  async answers(timeoutMs: number): Promise<boolean> {
    let onPong = (): void => {}
    let timer: NodeJS.Timeout | undefined
    const answered = await new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs)
      onPong = () => resolve(true)
      this.pongAwaiters.add(onPong)
      this.signal(RecordKind.ping)
    })
    clearTimeout(timer)
    this.pongAwaiters.delete(onPong)
    return answered
  }

  /**
   * Twice a second while it is needed: repeat what has no answer, and let losses show.
   * @returns whether it is needed again
   */
  beat(nowMs: number): boolean {
    if (!this.dealer.isUp) return false
    if (!this.isWelcomed) {
      if (this.helloSaidAtMs !== undefined && nowMs - this.helloSaidAtMs >= HELLO_REPEATED_AFTER_MS) this.hello()
      return true
    }
    if (this.asking.isReconciling) {
      this.asking.repeat()
      return true
    }
    // A cancel that got lost shows too, though nothing is open any more.
    if (this.traffic.openCount === 0 && this.pongAwaiters.size === 0 && !this.dealer.awaitsAck) return false
    this.signal(RecordKind.ping)
    this.traffic.onBeat?.()
    return true
  }

  private onRecord(e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void {
    const { events } = this
    if (e.kind === RecordKind.welcome) return events.onWelcome(this, Welcome.parse(decodeMsgpack(headerOf(e, frame, nameAt))))
    if (e.kind === RecordKind.refused) return events.onRefused(this, decodeError(headerOf(e, frame, nameAt)), e.epoch, e.session)
    // What an earlier life of the manager has sent says nothing any more.
    if (e.epoch !== 0 && e.epoch !== this.session.epoch) return
    switch (e.kind) {
      case RecordKind.ping:
        return this.isWelcomed ? this.signal(RecordKind.pong) : undefined
      case RecordKind.pong:
        for (const onPong of this.pongAwaiters) onPong()
        return
      case RecordKind.resync:
        return this.asking.gap()
      case RecordKind.reconciled:
        return this.onReconciled(e.request, bodyOf(e, frame, nameAt, bodyFrames))
      case RecordKind.numbers:
        return events.onNumbers(NumberBlock.parse(decodeMsgpack(headerOf(e, frame, nameAt))))
      default:
        return this.traffic.onRecord(e, frame, nameAt, bodyFrames)
    }
  }

  private onReconciled(round: number, body: Uint8Array): void {
    const unknown = decodeNumbers(body)
    if (!unknown) return
    this.asking.reconciled(round, unknown)
    if (this.asking.isLive) this.traffic.onReconciled?.()
  }

  private sendNumbers(kind: RecordKind, round: number, numbers: readonly number[]): void {
    const body = encodeNumbers(numbers)
    this.prepare(kind, round, 0, body.length)
    this.dealer.sendBody(this.out, undefined, undefined, body)
  }

  private prepare(kind: RecordKind, request: number, headerLength: number, bodyLength: number): void {
    const { out, session } = this
    out.kind = kind
    out.flags = 0
    out.epoch = session.epoch
    out.session = session.number
    out.request = request
    out.headerLength = headerLength
    out.bodyLength = bodyLength
  }
}
