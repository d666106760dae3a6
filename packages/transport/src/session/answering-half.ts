import { type RetainedEffects, type RetainedOutcome, RetainedOutcomes, type RetentionLimits } from './retained-outcomes'

/** How an {@link AnsweringHalf} keeps its outcomes. */
export interface AnsweringOptions {
  /** When an outcome is let go: as soon as the link has acknowledged it (hosts), or only when the other side says so (containers). */
  release: 'on-ack' | 'when-settled'
  limits?: RetentionLimits
}

/** What a reconciliation has found out. */
export interface Reconciliation {
  /** Listed, and neither known nor with an outcome here: they may be sent again, once. */
  unknown: number[]
  /** In progress here, and not listed: nobody wants them any more. */
  unwanted: number[]
}

/**
 * The half of a session that receives requests and returns outcomes: the manager towards a host, a container towards the manager.
 *
 * Pure: knows numbers, no sockets or clocks. Its other half is `AskingHalf`. Numbers rise, so that what was received
 * before is told by one watermark; what a reconciliation found unknown is let in once below it.
 */
export class AnsweringHalf<Outcome extends RetainedOutcome> {
  readonly outcomes: RetainedOutcomes<Outcome>
  private highest = 0
  private readonly resendable = new Set<number>()
  private missed = false

  constructor(effects: RetainedEffects<Outcome>, { release, limits }: AnsweringOptions) {
    this.outcomes = new RetainedOutcomes(effects, release === 'on-ack', limits)
  }

  /** Records of the other side are missing, and it has not told yet what it has open: ask for it (again). */
  get awaitsReconciliation(): boolean {
    return this.missed
  }

  /** The highest that was accepted; 0: none was. */
  get highestNumber(): number {
    return this.highest
  }

  /** A connection stands. `resumed`: outcomes wait until the other side has said what it still wants. */
  up(resumed: boolean): void {
    this.missed = resumed
    if (!resumed) this.outcomes.start()
  }

  /** The connection is gone: outcomes are kept until the next one. */
  down(): void {
    this.missed = false
    this.outcomes.stop()
  }

  /** Records of the other side are missing: nothing new is taken until a reconciliation. */
  gap(): void {
    this.missed = true
  }

  /** Whether a request with this number is new. Asked once a request: the answer changes with it. */
  accepts(number: number): boolean {
    const listed = this.resendable.size > 0 && this.resendable.delete(number)
    if (number <= this.highest) return listed
    this.highest = number
    return true
  }

  /**
   * The other side has said what it has open.
   * @param inProgress - what is being worked on here
   */
  reconcile(open: readonly number[], inProgress: { has(number: number): boolean; keys(): Iterable<number> }): Reconciliation {
    this.missed = false
    const listed = new Set(open)
    const kept = new Set(this.outcomes.numbers())
    const unknown = open.filter((number) => !inProgress.has(number) && !kept.has(number))
    const unwanted = [...inProgress.keys()].filter((number) => !listed.has(number))
    // What was to be sent again in an earlier round, and is not asked for any more, is not let in any more.
    this.resendable.clear()
    for (const number of unknown) this.resendable.add(number)
    return { unknown, unwanted }
  }

  /**
   * Outcomes that are there already follow the answer to a reconciliation.
   * @param keep - not to be sent again, but not to be forgotten yet either; what is in neither list goes
   */
  resend(open: readonly number[], keep: readonly number[] = []): void {
    this.outcomes.resend(open, keep)
  }
}
