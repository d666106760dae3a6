import { Packr } from 'msgpackr'
import { requirePlainBytes } from './plain-bytes'
import { isPlain, toPlain } from './plain-value'
import { NOT_SMALL, readSmall } from './small-reader'
import { writeSmall } from './small-writer'

/**
 * Plain msgpack, as any language reads it: maps with string keys, no extension types for our own data,
 * bytes as `bin`, integers within ±2^53. One instance for the process: making one costs more than a message.
 */
const packr = new Packr({
  useRecords: false,
  variableMapSize: true,
  encodeUndefinedAsNil: true,
  int64AsType: 'number',
})

/**
 * The msgpack of `value`, in bytes of its own that may be sent without a copy. What is not plain travels as JSON would have it
 * (a `Date` as its ISO text); `undefined` travels as nil; binary data must be a `Uint8Array`.
 *
 * @throws TypeError naming the place of what cannot travel: a function, a symbol, a bigint beyond ±2^53, another typed array
 */
// The packer itself would send a typed array with the wrong bytes, some of them from elsewhere in memory: nothing reaches it unseen.
export const encodeMsgpack = (value: unknown): Uint8Array => writeSmall(value) ?? packr.pack(isPlain(value) ? value : toPlain(value))

/**
 * The value in `bytes[start, end)`. Binary data in it shares their memory.
 * @throws Error when the bytes are not one complete value of plain msgpack: they hold an extension type, or nest deeper than 100 levels
 */
export const decodeMsgpack = (bytes: Uint8Array, start = 0, end = bytes.length): unknown => {
  const small = readSmall(bytes, start, end)
  if (small !== NOT_SMALL) return small
  requirePlainBytes(bytes, start, end)
  return packr.unpack(bytes.subarray(start, end))
}
