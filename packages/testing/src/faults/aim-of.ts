import type { FaultAim } from './fault-rates'

// As docs/protocol.md writes them; the protocol's own constants stay out of what tests it.
const PREAMBLE = [0x41, 0x49]
const PREAMBLE_BYTES = 4
const LENGTH_BYTES = 4
const REQUEST = 16
const REPLIES = [17, 18]

/**
 * What a message carries, by the kinds of its records: requests before replies before anything else.
 * @param frame - its first frame, behind a routing id
 * @returns undefined for what is no message of ours
 */
export function aimOf(frame: unknown): FaultAim | undefined {
  if (!(frame instanceof Uint8Array) || frame.length < PREAMBLE_BYTES || frame[0] !== PREAMBLE[0] || frame[1] !== PREAMBLE[1])
    return undefined
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  let aim: FaultAim = 'Others'
  for (let at = PREAMBLE_BYTES; at + LENGTH_BYTES < frame.length; at += LENGTH_BYTES + view.getUint32(at)) {
    const kind = view.getUint8(at + LENGTH_BYTES)
    if (kind === REQUEST) return 'Requests'
    if (REPLIES.includes(kind)) aim = 'Replies'
  }
  return aim
}
