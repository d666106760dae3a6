import { MAX_RETAINED_BYTES, MAX_UNREAD_BYTES, OUTCOME_WINDOW_BYTES, RETAINED_OVERHEAD_BYTES } from '@aicluster/protocol'
import { NumberTable } from '../number-table'

/** How far an outcome is on its way. */
export type Stage = 'kept' | 'unsent' | 'sent' | 'arrived'

/** An outcome on its way. The bytes are its owner's; the links and the stage are the store's own. */
export class RetainedOutcome {
  /** Link sequence that it was last sent with. */
  sequence = 0
  stage: Stage = 'kept'
  /** Its share of the window, while it is under way. */
  windowBytes = 0
  /** It was given up for want of room: what is left of it says so. */
  expired = false
  /** An ack is not enough: it stays until it is let go by itself. */
  held = false
  older: RetainedOutcome | undefined
  newer: RetainedOutcome | undefined

  constructor(
    readonly number: number,
    /** Bytes that it holds in memory. */
    public bytes: number,
  ) {}
}

/** What {@link RetainedOutcomes} needs done by its owner. */
export interface RetainedEffects<Outcome extends RetainedOutcome> {
  /** Send it; returns the link sequence it left with. */
  send(outcome: Outcome): number
  /** There is no room for it any more: let go of its bytes; if it is sent again, it is as the error that says so. */
  expire(outcome: Outcome): void
  /** It is gone from here: who asked has it, or wants it no more. */
  released?(outcome: Outcome): void
}

/** How many bytes of outcomes are kept, and how many may be under way. */
export interface RetentionLimits {
  /** Kept at most while no connection stands. */
  retainedBytes: number
  /** Kept at most while one does: who reads slowly has a little more time. Not less than `retainedBytes`. */
  unreadBytes: number
  /** Under way at most. */
  windowBytes: number
}

const DEFAULT_LIMITS: RetentionLimits = {
  retainedBytes: MAX_RETAINED_BYTES,
  unreadBytes: MAX_UNREAD_BYTES,
  windowBytes: OUTCOME_WINDOW_BYTES,
}

/**
 * Outcomes that who asked may not have yet: kept until it does, sent within a window, bounded in bytes.
 *
 * One list from the oldest to the newest: what is only kept or has arrived, then what was sent, then what has still to be sent.
 */
export class RetainedOutcomes<Outcome extends RetainedOutcome> {
  /** By number, where single ones are asked for; an ack needs the order only. */
  private readonly table: NumberTable<Outcome> | undefined
  private count = 0
  private oldest: Outcome | undefined
  private newest: Outcome | undefined
  private firstSent: Outcome | undefined
  private firstUnsent: Outcome | undefined
  /** All before it have expired. */
  private firstWhole: Outcome | undefined
  private live = false
  private totalBytes = 0
  private windowBytes = 0

  /** @param releaseOnAck - an ack of the link is enough; otherwise an outcome stays until {@link release} */
  constructor(
    private readonly effects: RetainedEffects<Outcome>,
    private readonly releaseOnAck: boolean,
    private readonly limits: RetentionLimits = DEFAULT_LIMITS,
  ) {
    this.table = releaseOnAck ? undefined : new NumberTable()
  }

  /** Outcomes that are kept. */
  get size(): number {
    return this.count
  }

  /** Bytes of the outcomes that are kept. */
  get bytes(): number {
    return this.totalBytes
  }

  /** Only where they stay until {@link release}. */
  get(number: number): Outcome | undefined {
    return this.table?.get(number)
  }

  /** In rising order. */
  numbers(): number[] {
    return this.table ? this.table.keys() : Array.from(this, ({ number }) => number).sort((a, b) => a - b)
  }

  /** Oldest first. */
  *[Symbol.iterator](): Iterator<Outcome> {
    for (let outcome = this.oldest; outcome; outcome = outcome.newer as Outcome | undefined) yield outcome
  }

  /** Keep an outcome, and send it as soon as the window allows. */
  add(outcome: Outcome): void {
    this.table?.set(outcome.number, outcome)
    this.count++
    this.totalBytes += outcome.bytes + RETAINED_OVERHEAD_BYTES
    this.append(outcome)
    if (this.live) this.toSend(outcome)
    this.pump()
    this.makeRoom()
  }

  /** Outcomes may be sent: nothing of before is in doubt. */
  start(): void {
    this.live = true
  }

  /** The connection is gone: nothing is sent until {@link resend}. */
  stop(): void {
    this.park()
    this.makeRoom()
  }

  /** After a reconciliation: these are sent again, in this order; of the others only those in `keep` stay. */
  resend(numbers: readonly number[], keep: readonly number[]): void {
    this.park()
    this.live = true
    const wanted = new Set([...numbers, ...keep])
    for (const outcome of [...this]) if (!wanted.has(outcome.number)) this.drop(outcome)
    const byNumber = this.table ?? new Map(Array.from(this, (outcome) => [outcome.number, outcome]))
    for (const number of numbers) {
      const outcome = byNumber.get(number)
      if (!outcome) continue
      this.unlink(outcome)
      this.append(outcome)
      this.toSend(outcome)
    }
    this.pump()
  }

  /** Send this one, which is kept here, once more; nothing happens if it has still to be sent anyway. */
  sendAgain(outcome: Outcome): void {
    if (!this.live || outcome.stage === 'unsent') return
    this.leaveWindow(outcome)
    this.unlink(outcome)
    this.append(outcome)
    this.toSend(outcome)
    this.pump()
  }

  /** The other side has every record up to this link sequence. */
  acknowledged(sequence: number): void {
    let outcome = this.firstSent
    if (!outcome || outcome.sequence > sequence) return
    while (outcome && outcome !== this.firstUnsent && outcome.sequence <= sequence) {
      const newer = outcome.newer as Outcome | undefined
      this.leaveWindow(outcome)
      outcome.stage = 'arrived'
      this.firstSent = newer === this.firstUnsent ? undefined : newer
      if (this.releaseOnAck && !outcome.held) this.drop(outcome)
      outcome = newer
    }
    this.pump()
  }

  /** This one is not needed any more. */
  release(number: number): void {
    const outcome = this.get(number)
    if (outcome) this.letGo(outcome)
  }

  /** This one need not be kept any longer than until it is acknowledged. */
  unhold(outcome: Outcome): void {
    outcome.held = false
    if (outcome.stage === 'arrived') this.letGo(outcome)
  }

  /** This one, which is kept here, is not needed any more. */
  letGo(outcome: Outcome): void {
    this.drop(outcome)
    this.pump()
  }

  /** Let go of every outcome. */
  clear(): void {
    for (const outcome of [...this]) this.drop(outcome)
  }

  private park(): void {
    this.live = false
    for (const outcome of this) {
      outcome.stage = 'kept'
      outcome.windowBytes = 0
    }
    this.firstSent = this.firstUnsent = undefined
    this.windowBytes = 0
  }

  private leaveWindow(outcome: Outcome): void {
    this.windowBytes -= outcome.windowBytes
    outcome.windowBytes = 0
  }

  private toSend(outcome: Outcome): void {
    outcome.stage = 'unsent'
    this.firstUnsent ??= outcome
  }

  private pump(): void {
    let outcome = this.firstUnsent
    while (outcome) {
      // One that has expired is sent too, as the error that says so: it takes its place.
      const share = outcome.bytes + RETAINED_OVERHEAD_BYTES
      if (this.windowBytes > 0 && this.windowBytes + share > this.limits.windowBytes) return
      this.firstUnsent = outcome.newer as Outcome | undefined
      this.firstSent ??= outcome
      outcome.windowBytes = share
      this.windowBytes += share
      outcome.stage = 'sent'
      outcome.sequence = this.effects.send(outcome)
      outcome = this.firstUnsent
    }
  }

  private makeRoom(): void {
    const limit = this.live ? this.limits.unreadBytes : this.limits.retainedBytes
    for (let outcome = this.firstWhole; outcome && this.totalBytes > limit; outcome = this.firstWhole) {
      this.totalBytes -= outcome.bytes + RETAINED_OVERHEAD_BYTES
      outcome.expired = true
      outcome.bytes = 0
      this.firstWhole = nextWhole(outcome)
      this.effects.expire(outcome)
    }
  }

  private drop(outcome: Outcome): void {
    this.table?.delete(outcome.number)
    this.count--
    if (!outcome.expired) this.totalBytes -= outcome.bytes + RETAINED_OVERHEAD_BYTES
    this.leaveWindow(outcome)
    this.unlink(outcome)
    this.effects.released?.(outcome)
  }

  private append(outcome: Outcome): void {
    outcome.older = this.newest
    outcome.newer = undefined
    if (this.newest) this.newest.newer = outcome
    else this.oldest = outcome
    this.newest = outcome
    if (!outcome.expired) this.firstWhole ??= outcome
  }

  private unlink(outcome: Outcome): void {
    const { older, newer } = outcome
    if (this.firstUnsent === outcome) this.firstUnsent = newer as Outcome | undefined
    if (this.firstSent === outcome) this.firstSent = newer === this.firstUnsent ? undefined : (newer as Outcome | undefined)
    if (this.firstWhole === outcome) this.firstWhole = nextWhole(outcome)
    if (older) older.newer = newer
    else this.oldest = newer as Outcome | undefined
    if (newer) newer.older = older
    else this.newest = older as Outcome | undefined
    outcome.older = outcome.newer = undefined
  }
}

function nextWhole<Outcome extends RetainedOutcome>(outcome: Outcome): Outcome | undefined {
  let next = outcome.newer as Outcome | undefined
  while (next?.expired) next = next.newer as Outcome | undefined
  return next
}
