import { readU32 } from '../envelope/envelope'
import { MAX_DEPTH } from './plain-value'

/** Bytes of the values 0xca to 0xd3 behind their type: two floats, four unsigned, four signed integers. */
const NUMBER_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8]
/** How many values are still to come on each level. No array of its own for each message, and none that a message could make grow. */
const toCome = new Float64Array(MAX_DEPTH + 1)

/**
 * Look through received bytes before they are unpacked. The unpacker itself would make of extension types what is not plain (cycles,
 * or ten bytes that stand for more than any memory holds), and recurse as deep as the sender likes.
 *
 * @throws Error: `bytes[start, end)` are not exactly one value, hold an extension type, or nest deeper than {@link MAX_DEPTH} levels
 */
export function requirePlainBytes(bytes: Uint8Array, start: number, end: number): void {
  let at = start
  let depth = 0
  toCome[0] = 1
  for (;;) {
    while (toCome[depth] === 0) {
      if (depth === 0) {
        if (at < end) throw new Error('there are bytes behind the value')
        return
      }
      depth--
    }
    toCome[depth] = (toCome[depth] as number) - 1
    if (at >= end) throw new Error('the value is cut')
    const type = bytes[at++] as number
    let entries = -1
    if (type < 0x80 || type >= 0xe0) continue
    if (type < 0x90) entries = (type & 0xf) * 2
    else if (type < 0xa0) entries = type & 0xf
    else if (type < 0xc0) at += type & 0x1f
    else if (type >= 0xca && type <= 0xd3) at += NUMBER_BYTES[type - 0xca] as number
    else if (type === 0xc4 || type === 0xd9) at += 1 + (bytes[at] as number)
    else if (type === 0xc5 || type === 0xda) at += 2 + readU16(bytes, at)
    else if (type === 0xc6 || type === 0xdb) at += 4 + readU32(bytes, at)
    else if (type === 0xdc || type === 0xde) {
      entries = readU16(bytes, at) * (type === 0xde ? 2 : 1)
      at += 2
    } else if (type === 0xdd || type === 0xdf) {
      entries = readU32(bytes, at) * (type === 0xdf ? 2 : 1)
      at += 4
    } else if (type === 0xc1) throw new Error('the byte 0xc1 is no msgpack')
    else if (type > 0xc3) throw new Error(`extension types have no place here (byte 0x${type.toString(16)})`)
    // A length that is cut itself is no number; whatever was read of it lies behind the end.
    if (!(at <= end)) throw new Error('the value is cut')
    if (entries < 0) continue
    if (depth === MAX_DEPTH) throw new Error(`it nests deeper than ${MAX_DEPTH} levels`)
    toCome[++depth] = entries
  }
}

const readU16 = (bytes: Uint8Array, at: number): number => ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
