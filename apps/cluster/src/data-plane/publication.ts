import type { Envelope } from '@aicluster/protocol'
import type { Droppable } from '@aicluster/transport'

/** Behind a slice of fewer bytes there may be a received batch many times as large. */
const COPY_UP_TO_BYTES = 64 * 1024

/** One thing that a source has published, as it goes to every subscriber. */
export class Publication implements Droppable {
  readonly nameLength: number
  readonly headerLength: number
  readonly bodyLength: number
  readonly bytes: number
  private compacted = false

  /**
   * @param tail - name, header and inline body; a view that is kept
   * @param bodyFrames - the body, where it does not ride inline; kept by reference
   * @param receivedAtMs - ms since 1970
   */
  constructor(
    { nameLength, headerLength, bodyLength }: Envelope,
    public tail: Uint8Array,
    readonly bodyFrames: Uint8Array[] | undefined,
    readonly receivedAtMs: number,
  ) {
    this.nameLength = nameLength
    this.headerLength = headerLength
    this.bodyLength = bodyLength
    this.bytes = tail.length + (bodyFrames ? bodyLength : 0)
  }

  compact(): void {
    if (this.compacted || this.tail.length > COPY_UP_TO_BYTES) return
    this.compacted = true
    this.tail = Buffer.from(this.tail)
  }
}
