import { type Envelope, PREAMBLE_BYTES, RECORD_LENGTH_BYTES, RecordFlag, readEnvelope, readPreamble, readU32 } from '@aicluster/protocol'
import { turnScheduler } from './flush-scheduler'
import { largeBodyReceived } from './young-buffers'

/** Why a message, or the rest of it, was dropped. */
export type DropReason = 'foreign' | 'other-version' | 'malformed' | 'oversized' | 'before-hello' | 'stale-epoch'

/** What a peer may send; announced at hello. */
export interface MessageLimits {
  maxBodyBytes: number
  maxHeaderBytes: number
}

/**
 * One record of a received message. Envelope and bytes are only good until the call returns:
 * the envelope is reused, and the frame may hold many other records.
 *
 * @param frame - the message's first frame
 * @param nameAt - where in it the inference name starts; header and inline body follow
 * @param end - where the record ends
 * @param bodyFrames - the body, if it came in frames of its own
 */
export type RecordHandler = (
  envelope: Envelope,
  frame: Uint8Array,
  nameAt: number,
  end: number,
  bodyFrames: Uint8Array[] | undefined,
) => void

/**
 * Hand each record of a message to `onRecord`, in order. Records before a malformed one count.
 *
 * @param frames - the frames of one ZeroMQ message; those before `first` are routing
 * @returns why the message or the rest of it was dropped, or undefined
 */
export function readMessage(
  frames: Uint8Array[],
  first: number,
  limits: MessageLimits,
  scratch: Envelope,
  onRecord: RecordHandler,
): DropReason | undefined {
  const frame = frames[first]
  if (frame === undefined) return 'foreign'
  const preamble = readPreamble(frame)
  if (preamble !== 'ok') return preamble
  let at = PREAMBLE_BYTES
  const frameEnd = frame.length
  let bodyTaken = false
  while (at < frameEnd) {
    if (frameEnd - at < RECORD_LENGTH_BYTES) return 'malformed'
    const recordAt = at + RECORD_LENGTH_BYTES
    const end = recordAt + readU32(frame, at)
    if (end > frameEnd) return 'malformed'
    if (end < frameEnd) turnScheduler.gather()
    const nameAt = readEnvelope(frame, recordAt, end, scratch)
    if (nameAt < 0) return 'malformed'
    if (scratch.bodyLength > limits.maxBodyBytes || scratch.headerLength > limits.maxHeaderBytes) return 'oversized'
    let bodyFrames: Uint8Array[] | undefined
    if (scratch.flags & RecordFlag.bodyInFrames) {
      // Only the last record may own the frames behind, and they must be as long as it says.
      if (end !== frameEnd) return 'malformed'
      bodyFrames = frames.slice(first + 1)
      let length = 0
      for (const piece of bodyFrames) length += piece.length
      if (length !== scratch.bodyLength) return 'malformed'
      largeBodyReceived(length)
      bodyTaken = true
    }
    onRecord(scratch, frame, nameAt, end, bodyFrames)
    at = end
  }
  return bodyTaken || frames.length === first + 1 ? undefined : 'malformed'
}
