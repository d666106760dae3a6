import { RecordKind } from '@aicluster/protocol'

export type Readiness = typeof RecordKind.ready | typeof RecordKind.draining

/**
 * Whether this container takes requests: said on the requests link until the manager is known to have it, and anew on every connection.
 *
 * Only an ack of exactly this record is proof: after a gap the manager acknowledges what came behind a lost record as well.
 */
export class Announcement {
  private readiness: Readiness | undefined
  private sequence = 0
  private connected = false
  private known = false

  /** @param send - returns the link sequence that the record left with */
  constructor(private readonly send: (readiness: Readiness) => number) {}

  get isAnnounced(): boolean {
    return this.readiness !== undefined
  }

  /** The manager is here, and may not know yet. */
  get isPending(): boolean {
    return this.connected && this.readiness !== undefined && !this.known
  }

  /** From now on; nothing happens if it was said before. */
  announce(readiness: Readiness): void {
    if (this.readiness === readiness) return
    this.readiness = readiness
    this.known = false
    this.repeat()
  }

  /** Requests may come, or may be on their way: it said `ready`, or the manager does not know of the contrary. */
  get mayGetRequests(): boolean {
    return this.connected && (this.readiness === RecordKind.ready || this.isPending)
  }

  up(): void {
    this.connected = true
    this.known = false
    this.repeat()
  }

  down(): void {
    this.connected = false
  }

  repeat(): void {
    if (this.isPending) this.sequence = this.send(this.readiness as Readiness)
  }

  /** The manager has acknowledged this link sequence of the requests link. */
  acknowledged(sequence: number): void {
    if (sequence === this.sequence) this.known = true
  }
}
