import type { Envelope } from '@aicluster/protocol'
import { bodyOf, headerOf, nameOf } from '../src/index'

/** A received record, copied: what a handler gets is only good during the call. */
export interface ReceivedRecord extends Envelope {
  name: string
  header: Buffer
  body: Buffer
  /** Frames the body came in; 0 inline. */
  frames: number
}

export const copyOf = (envelope: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): ReceivedRecord => ({
  ...envelope,
  name: nameOf(envelope, frame, nameAt),
  header: Buffer.from(headerOf(envelope, frame, nameAt)),
  body: Buffer.from(bodyOf(envelope, frame, nameAt, bodyFrames)),
  frames: bodyFrames?.length ?? 0,
})
