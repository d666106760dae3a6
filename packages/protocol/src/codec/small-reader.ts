import { readU32 } from '../envelope/envelope'

/** Longer bytes are left to the unpacker: what it costs to start does not count there. */
const MAX_BYTES = 512
const MAX_DEPTH = 8
/** Texts that were read lately, each in a place that its bytes lead to: keys come again and again. */
const TEXT_PLACES = 256

/** What {@link readSmall} returns for everything that is not small, or broken. */
export const NOT_SMALL = Symbol('not small')

const double = new DataView(new ArrayBuffer(8))
const texts = new Array<string>(TEXT_PLACES).fill('')

let bytes: Uint8Array = new Uint8Array(0)
let at = 0

/**
 * The value in `source` if it is of the kind that most headers are: what `writeSmall` writes. Read as the unpacker would, at a fraction
 * of the cost.
 */
export function readSmall(source: Uint8Array): unknown {
  if (source.length > MAX_BYTES) return NOT_SMALL
  bytes = source
  at = 0
  const value = read(0)
  return at === source.length ? value : NOT_SMALL
}

/** Behind the end `bytes` are undefined: no type. What is broken leaves `at` behind the end, or is {@link NOT_SMALL}. */
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
      if (at > bytes.length) return NOT_SMALL
      double.setUint32(0, readU32(bytes, at - 8))
      double.setUint32(4, readU32(bytes, at - 4))
      return double.getFloat64(0)
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
  // With this factor no two keys of our headers share a place.
  let place = 0
  for (let i = start; i < at; i++) {
    const code = bytes[i] as number
    // Also behind the end.
    if (!(code < 0x80)) return NOT_SMALL
    place = (place * 7 + code) & (TEXT_PLACES - 1)
  }
  const known = texts[place] as string
  if (known.length === length) {
    let same = 0
    while (same < length && known.charCodeAt(same) === bytes[start + same]) same++
    if (same === length) return known
  }
  const text = String.fromCharCode(...bytes.subarray(start, at))
  texts[place] = text
  return text
}
