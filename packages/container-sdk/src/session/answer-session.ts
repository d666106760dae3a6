import { decodeMsgpack, decodeNumbers, MAX_RETAINED_BYTES, RecordKind, SESSION_PING_INTERVAL_MS } from '@aicluster/protocol'
import { AnsweringHalf, deliberateDefect } from '@aicluster/transport'
import type { PartStream } from '../part-stream'
import { Announcement } from './announcement'
import type { RetainedAnswer } from './retained-answer'
import type { TakenReport } from './taken-report'

/** How many numbers of each list a hello names; of more the newest. With the longest numbers its header stays below its limit. */
const MAX_NUMBERS_IN_HELLO = 50_000
/**
 * No window: what is under way is bounded by the container's credits, and an answer that had to wait for one could be given up for want
 * of room without ever having been sent.
 */
const LIMITS = { retainedBytes: MAX_RETAINED_BYTES, unreadBytes: MAX_RETAINED_BYTES, windowBytes: Number.POSITIVE_INFINITY }
const NO_NUMBERS = new Uint8Array(0)

/** What the session sends through, while a connection stands. */
export interface SessionWire {
  /** Send an answer; returns the link sequence it left with. */
  sendAnswer(answer: RetainedAnswer): number
  /** Send a list of numbers on the answers link; returns the link sequence it left with. */
  sendNumbers(kind: RecordKind, round: number, numbers: readonly number[]): number
  /** Send a record that is nothing but its kind; returns its link sequence. */
  signal(link: 'requests' | 'answers', kind: RecordKind): number
}

/** What the program has in hand. */
export interface WorkInHand {
  has(number: number): boolean
  keys(): readonly number[]
  /** Nobody waits for it any more. */
  cancel(number: number): void
  /** What a sink has taken. */
  readonly taken: TakenReport
  /** How many of them are answered in parts: one that gets lost has to show. */
  streams(): number
  /** Send those parts again that its reader has not taken. */
  resendParts(number: number): void
}

/**
 * A container's session over all its connections: answers stay until the manager says that they are settled, what got lost on the way
 * is noticed and asked for, and nothing is run or forgotten because a connection went.
 *
 * Nothing of before is sent by itself after a reconnection: the manager asks for what it still wants.
 */
export class AnswerSession {
  private readonly half: AnsweringHalf<RetainedAnswer>
  private readonly readiness: Announcement
  /** Answers that the hello has told of: those since then the manager does not know of. */
  private toldAtHello: Set<number> | undefined
  private connected = false
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly wire: SessionWire,
    private readonly work: WorkInHand,
    /** What was missing on the requests link is accounted for. */
    private readonly accounted: () => void,
  ) {
    this.half = new AnsweringHalf(
      { send: (answer) => wire.sendAnswer(answer), expire: (answer) => answer.expire() },
      { release: 'when-settled', limits: LIMITS },
    )
    this.readiness = new Announcement((kind) => wire.signal('requests', kind))
  }

  /** Whether it ever said that it takes requests. */
  get isAnnounced(): boolean {
    return this.readiness.isAnnounced
  }

  /** Whether requests may come, or may be on their way. */
  get mayGetRequests(): boolean {
    return this.readiness.mayGetRequests
  }

  /** Answers that are kept. */
  get retained(): number {
    return this.half.outcomes.size
  }

  /** Whether every answer has reached the manager. */
  get allArrived(): boolean {
    for (const { stage } of this.half.outcomes) if (stage !== 'arrived') return false
    return true
  }

  /** Tell the manager whether to send requests. */
  announce(kind: typeof RecordKind.ready | typeof RecordKind.draining): void {
    this.readiness.announce(kind)
    this.watch()
  }

  /** What a hello says of the time before. */
  held(): { in_hand: number[]; answered: number[] } {
    const answered = this.half.outcomes.numbers()
    // A hello may be said again: the manager may have gone by the first one.
    this.toldAtHello ??= new Set(answered)
    return { in_hand: this.work.keys().slice(-MAX_NUMBERS_IN_HELLO), answered: answered.slice(-MAX_NUMBERS_IN_HELLO) }
  }

  /**
   * A connection stands.
   * @param sameEpoch - the manager has ended what was in hand, and says so; that may get lost before anything shows it
   * @param missed - records of the manager are missing already
   */
  up(sameEpoch: boolean, missed: boolean): void {
    const { half, toldAtHello } = this
    this.connected = true
    half.up(false)
    const kept = half.outcomes.numbers()
    // The manager takes these for requests in hand: it waits for their answers.
    half.resend(
      kept.filter((number) => !toldAtHello?.has(number)),
      kept,
    )
    if (missed || (sameEpoch && (kept.length > 0 || this.work.keys().length > 0))) this.gap()
    this.readiness.up()
    this.work.taken.up(sameEpoch)
    this.watch()
  }

  down(): void {
    this.connected = false
    this.toldAtHello = undefined
    this.half.down()
    this.work.taken.down()
    this.readiness.down()
  }

  /** Keep an answer, and send it while a connection stands. */
  answer(answer: RetainedAnswer): void {
    this.work.taken.done(answer.number)
    this.half.outcomes.add(answer)
    if (this.timer === undefined) this.watch()
  }

  /**
   * Whether this request was answered already; then its answer is sent again.
   * @param attempt - a later one than that of the answer is another execution: the answer goes
   */
  answeredBefore(number: number, attempt: number): boolean {
    const { outcomes } = this.half
    const answer = outcomes.get(number)
    if (!answer) return false
    if (attempt <= answer.attempt && deliberateDefect !== 'duplicates') {
      outcomes.sendAgain(answer)
      return true
    }
    outcomes.release(number)
    return false
  }

  /** Requests, or other words of the manager, are missing. */
  gap(): void {
    if (!this.connected || this.half.awaitsReconciliation) return
    this.half.gap()
    this.wire.signal('answers', RecordKind.resync)
    this.watch()
  }

  /**
   * The manager says what it waits for.
   * @param header - msgpack `{keep?: bin}`: answers it has, and that must be kept
   */
  reconcile(round: number, header: Uint8Array, body: Uint8Array): void {
    const open = decodeNumbers(body)
    const keep = decodeNumbers(readKeep(header))
    if (!this.connected || !open || !keep) return
    this.accounted()
    const { unknown, unwanted } = this.half.reconcile(open, this.work)
    for (const number of unwanted) this.work.cancel(number)
    this.wire.sendNumbers(RecordKind.reconciled, round, unknown)
    for (const number of open) {
      this.work.resendParts(number)
      this.partsOf(number)?.resend(0)
    }
    this.half.resend(open, keep)
    this.work.taken.repeat()
  }

  /** The parts before an answer that is kept here. */
  partsOf(number: number): PartStream | undefined {
    return this.half.outcomes.get(number)?.parts
  }

  /** These answers have reached their applications. */
  settled(body: Uint8Array): void {
    for (const number of decodeNumbers(body) ?? []) this.half.outcomes.release(number)
  }

  /** The manager has acknowledged this link sequence. */
  acknowledged(link: 'requests' | 'answers', sequence: number): void {
    if (link === 'answers') {
      this.half.outcomes.acknowledged(sequence)
      this.work.taken.acknowledged(sequence)
    } else this.readiness.acknowledged(sequence)
  }

  close(): void {
    clearInterval(this.timer)
    this.timer = undefined
    this.down()
    this.half.outcomes.clear()
  }

  private get outstanding(): boolean {
    return this.connected && (this.half.awaitsReconciliation || this.isAnswering || this.readiness.isPending)
  }

  /** A loss of what was said on the answers link would have to show. */
  private get isAnswering(): boolean {
    return this.retained > 0 || this.work.taken.isPending || this.work.streams() > 0
  }

  /** Something that must not get lost is under way. */
  watch(): void {
    if (this.timer !== undefined || !this.outstanding) return
    this.timer = setInterval(this.beat, SESSION_PING_INTERVAL_MS)
    this.timer.unref()
  }

  /** Whatever is said shows the other side by its link sequence that something before it got lost. */
  private readonly beat = (): void => {
    if (!this.outstanding) {
      clearInterval(this.timer)
      this.timer = undefined
      return
    }
    const { wire, half, readiness } = this
    if (half.awaitsReconciliation) wire.signal('answers', RecordKind.resync)
    else if (this.isAnswering) wire.signal('answers', RecordKind.ping)
    if (readiness.isPending) readiness.repeat()
    // Its pong shows a lost `settled`.
    else if (this.isAnswering) wire.signal('requests', RecordKind.ping)
  }
}

function readKeep(header: Uint8Array): Uint8Array {
  if (header.length === 0) return NO_NUMBERS
  const { keep = NO_NUMBERS } = (decodeMsgpack(header) ?? {}) as { keep?: unknown }
  if (!(keep instanceof Uint8Array)) throw new TypeError('keep is no list of numbers')
  return keep
}
