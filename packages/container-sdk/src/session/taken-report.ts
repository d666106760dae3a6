import type { NumberTable } from '@aicluster/transport'
import type { ReceivedRequest } from '../received-request'

/**
 * Tells the manager which requests of a sink the program has got: those of a turn together, and again until the manager has heard it or
 * the program is done, for its result says as much.
 */
export class TakenReport {
  /** Not known to be heard: by request number, the link sequence that it was last said with; 0 not yet. */
  private readonly unheard = new Map<number, number>()
  private flushing = false
  private connected = false

  /** @param send - returns the link sequence that the record left with */
  constructor(
    private readonly inHand: NumberTable<ReceivedRequest>,
    private readonly send: (numbers: number[]) => number,
  ) {}

  /** Something was said, or is to be said, that the manager may not have heard. */
  get isPending(): boolean {
    return this.unheard.size > 0
  }

  /** The program has got it. */
  taken({ number }: ReceivedRequest): void {
    this.unheard.set(number, 0)
    if (this.flushing) return
    this.flushing = true
    queueMicrotask(() => {
      this.flushing = false
      this.say([...this.unheard].flatMap(([unsaid, sequence]) => (sequence === 0 ? [unsaid] : [])))
    })
  }

  /** The program is done with it. */
  done(number: number): void {
    this.unheard.delete(number)
  }

  /**
   * A connection stands.
   * @param sameEpoch - the manager has ended what was in hand; another one knows nothing of it yet
   */
  up(sameEpoch: boolean): void {
    this.connected = true
    if (sameEpoch) return this.unheard.clear()
    for (const { number, isTakenSink } of this.inHand.values()) if (isTakenSink) this.unheard.set(number, 0)
    this.repeat()
  }

  down(): void {
    this.connected = false
  }

  /** Records may have got lost. */
  repeat(): void {
    this.say([...this.unheard.keys()])
  }

  /** The manager has every record up to this link sequence. */
  acknowledged(sequence: number): void {
    if (this.unheard.size === 0) return
    for (const [number, saidWith] of this.unheard) {
      if (saidWith === 0 || saidWith > sequence) continue
      this.unheard.delete(number)
      const request = this.inHand.get(number)
      if (request) request.isBeyondRecall = true
    }
  }

  private say(numbers: number[]): void {
    if (!this.connected || numbers.length === 0) return
    const sequence = this.send(numbers)
    for (const number of numbers) this.unheard.set(number, sequence)
  }
}
