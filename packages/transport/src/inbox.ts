import { deliberateDefect } from './deliberate-defect'
import type { Outbox } from './outbox'

/**
 * The link sequences that come in over one connection: what is new, what came before, what is missing, and what may be acknowledged.
 *
 * The first record sets the beginning. After a gap nothing further is acknowledged until both sides have reconciled:
 * an ack says that everything up to it is here.
 */
export class Inbox {
  private expected = 0
  private held = false

  /** @param outbox - carries the acks */
  constructor(private readonly outbox: Outbox) {}

  /** The peer begins (again) with this record, whatever came before. */
  restart(sequence: number): void {
    this.expected = sequence + 1
    this.held = false
    this.outbox.received = sequence
  }

  /**
   * A record with this sequence has come.
   * @returns how many records are missing before it; -1: it came before, or was overtaken, and counts no more
   */
  take(sequence: number): number {
    if (this.expected === 0) {
      this.restart(sequence)
      return 0
    }
    const missing = sequence - this.expected
    if (missing < 0) return deliberateDefect === 'duplicates' ? 0 : -1
    this.expected = sequence + 1
    if (missing > 0) this.held = true
    else if (!this.held) this.outbox.received = sequence
    return missing
  }

  /** What was missing is accounted for: everything so far may be acknowledged. */
  resume(): void {
    this.held = false
    if (this.expected > 0) this.outbox.received = this.expected - 1
  }
}
