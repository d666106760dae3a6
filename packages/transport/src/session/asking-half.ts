/** What an {@link AskingHalf} needs done by its owner. */
export interface AskingEffects {
  /** Numbers that have no outcome yet, in the order in which they are to be sent. */
  open(): number[]
  /** Tell the other side what is open; its answer bears the same round. */
  reconcile(round: number, numbers: number[]): void
  /** The other side does not know this number (any more). It may have got its outcome meanwhile. */
  resend(number: number): void
  /** Whatever was missing is accounted for: it may be acknowledged. */
  accounted(): void
}

/**
 * The half of a session that sends requests and waits for outcomes: a host towards the manager, the manager towards a container.
 *
 * Pure: knows numbers, no bytes, sockets or clocks. Its other half is {@link AnsweringHalf}.
 */
export class AskingHalf {
  private phase: 'down' | 'reconciling' | 'live' = 'down'
  private round = 0
  private lastListed = 0
  /** Times that {@link repeat} was called since this reconciliation began. */
  private beats = 0

  /**
   * @param holds - what is new waits until a reconciliation is over, so that nothing overtakes what is sent again;
   *   its numbers must rise
   */
  constructor(
    private readonly effects: AskingEffects,
    private readonly holds: boolean,
  ) {}

  /** Whether what is new may be sent at once; if not, and it holds, it goes out in order when it may. */
  get isLive(): boolean {
    return this.phase === 'live'
  }

  /** Whether it waits for the other side to say what it knows. */
  get isReconciling(): boolean {
    return this.phase === 'reconciling'
  }

  /** A connection stands. `resumed`: the other side may know, or hold outcomes, of what was sent before. */
  up(resumed: boolean): void {
    if (resumed) this.begin()
    else this.phase = 'live'
  }

  /** The connection is gone: nothing is sent until the next one. */
  down(): void {
    this.phase = 'down'
  }

  /** Records of the other side are missing, or it misses some of ours. */
  gap(): void {
    if (this.phase !== 'down') this.begin()
  }

  /**
   * Called twice a second. Without an answer it, or the question, may be lost: it is asked again, at growing intervals, for only the
   * answer to the last question counts, and a slow link must get one through.
   */
  repeat(): void {
    if (this.phase === 'reconciling' && isPowerOfTwo(++this.beats)) this.begin()
  }

  /** The other side's answer. One to an earlier round says nothing any more. */
  reconciled(round: number, unknown: readonly number[]): void {
    if (this.phase !== 'reconciling' || round !== this.round) return
    this.phase = 'live'
    this.beats = 0
    const heldBack = this.holds ? this.effects.open().filter((number) => number > this.lastListed) : []
    for (const number of unknown) this.effects.resend(number)
    for (const number of heldBack) this.effects.resend(number)
    // Last: it may send something new, and the other side takes what comes after a higher number for repeated.
    this.effects.accounted()
  }

  private begin(): void {
    this.phase = 'reconciling'
    const numbers = this.effects.open()
    this.lastListed = numbers.at(-1) ?? 0
    this.effects.reconcile(++this.round, numbers)
  }
}

const isPowerOfTwo = (count: number): boolean => (count & (count - 1)) === 0
