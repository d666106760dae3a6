import { STREAM_WINDOW_BYTES, STREAM_WINDOW_PARTS } from '@aicluster/protocol'

/**
 * What the manager knows of an answer in parts: which have been passed on, and how many of them its reader has taken.
 * It keeps their sizes, never the parts: the container has those until they are taken.
 */
export class StreamWindow {
  /** The number of the part that comes next: so many were passed on. */
  next = 0
  /** Parts that the reader has taken, in all. */
  taken = 0
  /** Bytes of the parts that were passed on and are not taken. */
  bytes = 0
  /** The reader could not be reached, or reads too little: a part was not passed on, and has to be asked for once it reads again. */
  skipped = false
  /** Since when the container has been able to go on, on the dispatcher's clock. */
  activeAtMs = 0
  /** Parts that were ever passed on. */
  private passed = 0
  private readonly sizes = new Float64Array(STREAM_WINDOW_PARTS)

  /** Whether the container may send the next part; if not, it waits for the reader. */
  get isOpen(): boolean {
    return this.next - this.taken < STREAM_WINDOW_PARTS && this.bytes < STREAM_WINDOW_BYTES && !this.skipped
  }

  /** A container is given the request. */
  begin(nowMs: number): void {
    this.activeAtMs = nowMs
    this.skipped = false
  }

  /** Whether this part is the next one, and inside the window. Anything else is a repetition, comes after a loss, or breaks the rules. */
  admits(part: number): boolean {
    return part === this.next && this.isOpen
  }

  /** The next part, of so many bytes, is passed on. */
  pass(bytes: number): void {
    this.sizes[this.next++ % STREAM_WINDOW_PARTS] = bytes
    this.bytes += bytes
    if (this.next > this.passed) this.passed = this.next
  }

  /** The reader has taken so many parts in all. Fewer than before, or more than were passed on, says nothing new. */
  take(parts: number): void {
    const taken = Math.min(parts, this.passed)
    // It has got by now what it had asked for again.
    if (taken > this.next) {
      this.unpass(this.taken)
      this.next = this.taken = taken
    }
    while (this.taken < taken) this.bytes -= this.sizes[this.taken++ % STREAM_WINDOW_PARTS] as number
  }

  /** The reader misses this part and all behind it: they are to be passed on once more. */
  rewind(part: number): void {
    this.skipped = false
    this.unpass(part)
  }

  private unpass(part: number): void {
    while (this.next > part && this.next > this.taken) this.bytes -= this.sizes[--this.next % STREAM_WINDOW_PARTS] as number
  }
}
