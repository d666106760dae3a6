import { STREAM_WINDOW_BYTES, STREAM_WINDOW_PARTS } from '@aicluster/protocol'

/** An answer in parts, written to be obviously right: the size of every part that was ever passed on, and two places among them. */
export class ModelStream {
  readonly sizes: number[] = []
  next = 0
  taken = 0
  skipped = false
  activeAtMs = 0

  get bytes(): number {
    return this.sizes.slice(this.taken, this.next).reduce((total, bytes) => total + bytes, 0)
  }

  get isOpen(): boolean {
    return this.next - this.taken < STREAM_WINDOW_PARTS && this.bytes < STREAM_WINDOW_BYTES && !this.skipped
  }

  pass(bytes: number): void {
    this.sizes[this.next++] = bytes
  }

  take(parts: number): void {
    this.taken = Math.max(this.taken, Math.min(parts, this.sizes.length))
    this.next = Math.max(this.next, this.taken)
  }

  rewind(part: number): void {
    this.skipped = false
    this.next = Math.max(this.taken, Math.min(this.next, part))
  }
}

/** As it is seen of both. */
export const describeStream = (stream: { next: number; taken: number; bytes: number; isOpen: boolean } | undefined): string =>
  stream ? `, parts ${stream.taken} to ${stream.next} of ${stream.bytes} B${stream.isOpen ? '' : ', closed'}` : ''
