/** A power of two, as every later one. */
const FIRST_CAPACITY = 256
/** A peer that never acknowledges must not make the ring grow for ever: beyond this many records the oldest count as acknowledged. */
const MAX_UNACKED_RECORDS = 2 ** 20

/**
 * How many bytes of a connection the peer has not acknowledged yet.
 *
 * ZeroMQ does not tell what still waits in its pipes; the peer's acks do.
 */
export class SendWindow {
  /** Bytes sent up to and including a link sequence, by that sequence; a ring over those not acknowledged. */
  private sentUpTo = new Float64Array(FIRST_CAPACITY)
  private lastSequence: number
  private ackedSequence: number
  private sentBytes = 0
  private ackedBytes = 0

  /** @param before - link sequence before the first */
  constructor(before = 0) {
    this.lastSequence = this.ackedSequence = before
  }

  /** Bytes sent and not acknowledged. */
  get unackedBytes(): number {
    return this.sentBytes - this.ackedBytes
  }

  /** The peer has everything up to this link sequence. */
  get acknowledgedSequence(): number {
    return this.ackedSequence
  }

  /** Records sent and not acknowledged. */
  get unackedRecords(): number {
    return this.lastSequence - this.ackedSequence
  }

  /** The record with the next link sequence leaves. */
  sent(bytes: number): void {
    if (this.unackedRecords === MAX_UNACKED_RECORDS) this.acknowledged(this.ackedSequence + 1)
    if (this.unackedRecords + 1 >= this.sentUpTo.length) this.grow()
    this.sentBytes += bytes
    this.lastSequence++
    this.sentUpTo[placeOf(this.lastSequence, this.sentUpTo)] = this.sentBytes
  }

  /**
   * The peer has everything up to this link sequence. An ack of what was never sent, or an older one, changes nothing.
   * @returns whether it says something new
   */
  acknowledged(sequence: number): boolean {
    if (sequence <= this.ackedSequence || sequence > this.lastSequence) return false
    this.ackedSequence = sequence
    this.ackedBytes = this.sentUpTo[placeOf(sequence, this.sentUpTo)] as number
    return true
  }

  private grow(): void {
    const larger = new Float64Array(this.sentUpTo.length * 2)
    for (let sequence = this.ackedSequence + 1; sequence <= this.lastSequence; sequence++) {
      larger[placeOf(sequence, larger)] = this.sentUpTo[placeOf(sequence, this.sentUpTo)] as number
    }
    this.sentUpTo = larger
  }
}

/** Its low bits: a remainder costs more. */
const placeOf = (sequence: number, ring: Float64Array): number => sequence & (ring.length - 1)
