import { readF64, readU32 } from '../envelope/envelope'
import { shortText } from './short-texts'

/** Longer bytes are left to the unpacker: what it costs to start does not count there. */
const MAX_BYTES = 512
const MAX_DEPTH = 8

/** What {@link readSmall} returns for everything that is not small, or broken. */
export const NOT_SMALL = Symbol('not small')

let bytes: Uint8Array = new Uint8Array(0)
let at = 0

/**
 * The value in `source[start, end)` if it is of the kind that most headers are: what `writeSmall` writes. Read as the unpacker would, at
 * a fraction of the cost.
 */
export function readSmall(source: Uint8Array, start = 0, end = source.length): unknown {
  if (end - start > MAX_BYTES) return NOT_SMALL
  bytes = source
  at = start
  const value = read(0)
  return at === end ? value : NOT_SMALL
}

/** What is broken leaves `at` behind the end, or is {@link NOT_SMALL}: bytes that are not there are no type. */
function read(depth: number): unknown {
  const type = bytes[at++] as number
  if (type < 0x80) return type
  if (type < 0x90) return readMap(type & 0xf, depth)
  if (type < 0xa0) return readList(type & 0xf, depth)
  if (type < 0xc0) return readText(type & 0x1f)
  switch (type) {
    case 0xc0:
      return null
    case 0xc2:
      return false
    case 0xc3:
      return true
    case 0xcb:
      at += 8
      return readF64(bytes, at - 8)
    case 0xcc:
      return bytes[at++]
    case 0xcd:
      at += 2
      return ((bytes[at - 2] as number) << 8) | (bytes[at - 1] as number)
    case 0xce:
      at += 4
      return readU32(bytes, at - 4)
    default:
      return NOT_SMALL
  }
}

function readMap(entries: number, depth: number): unknown {
  const map: Record<string, unknown> = {}
  if (depth === MAX_DEPTH) return NOT_SMALL
  for (let i = 0; i < entries; i++) {
    const type = bytes[at++] as number
    const key = type >= 0xa0 && type < 0xc0 ? readText(type & 0x1f) : NOT_SMALL
    if (typeof key !== 'string' || key === '__proto__') return NOT_SMALL
    const value = read(depth + 1)
    if (value === NOT_SMALL) return NOT_SMALL
    map[key] = value
  }
  return map
}

function readList(length: number, depth: number): unknown {
  const list: unknown[] = []
  if (depth === MAX_DEPTH) return NOT_SMALL
  for (let i = 0; i < length; i++) {
    const value = read(depth + 1)
    if (value === NOT_SMALL) return NOT_SMALL
    list.push(value)
  }
  return list
}

function readText(length: number): string | typeof NOT_SMALL {
  const start = at
  at += length
  return shortText(bytes, start, length) ?? NOT_SMALL
}
