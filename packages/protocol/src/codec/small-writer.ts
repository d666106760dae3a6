import { writeF64, writeU32 } from '../envelope/envelope'

/** A value that needs more bytes than this is not small. */
const MAX_BYTES = 512
/** The longest value that is not made of others: a double. */
const MAX_NUMBER_BYTES = 9
const MAX_DEPTH = 8
/** Most entries of a list or map, and longest text, whose count has room in their type byte. */
const MAX_ENTRIES = 15
const MAX_TEXT = 31
/** Small values are cut out of blocks of so many bytes: memory of its own would cost each more than writing it. */
const BLOCK_BYTES = 8 * 1024

let block = new Uint8Array(0)
let used = 0

/**
 * The msgpack of what most headers are: numbers, short ASCII text, and small lists and maps of those. It is checked to be plain while
 * it is written, byte for byte as the packer would write it, at a fraction of the cost.
 *
 * @returns undefined: it is something else
 */
export function writeSmall(value: unknown): Uint8Array | undefined {
  if (used + MAX_BYTES > block.length) {
    block = new Uint8Array(BLOCK_BYTES)
    used = 0
  }
  const into = block
  const start = used
  // A getter may get here again before this one is done: it gets bytes of its own.
  used += MAX_BYTES
  const end = write(into, start, start + MAX_BYTES - MAX_NUMBER_BYTES, value, 0)
  if (block === into && used === start + MAX_BYTES) used = Math.max(start, end)
  return end < 0 ? undefined : into.subarray(start, end)
}

/** @param last - where a value may begin at the latest. @returns where it ends; -1: it is not written here */
function write(into: Uint8Array, at: number, last: number, value: unknown, depth: number): number {
  if (at > last) return -1
  switch (typeof value) {
    case 'number':
      return writeNumber(into, at, value)
    case 'string':
      return writeText(into, at, last, value)
    case 'boolean':
      into[at] = value ? 0xc3 : 0xc2
      return at + 1
    case 'undefined':
      into[at] = 0xc0
      return at + 1
    case 'object':
      break
    default:
      return -1
  }
  if (value === null) {
    into[at] = 0xc0
    return at + 1
  }
  if (depth === MAX_DEPTH) return -1
  if (Array.isArray(value)) return writeList(into, at, last, value, depth + 1)
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return -1
  return writeMap(into, at, last, value as Record<string, unknown>, depth + 1)
}

function writeNumber(into: Uint8Array, at: number, value: number): number {
  if (value >>> 0 === value) {
    if (value < 0x80) {
      into[at] = value
      return at + 1
    }
    if (value < 0x100) {
      into[at] = 0xcc
      into[at + 1] = value
      return at + 2
    }
    if (value < 0x10000) {
      into[at] = 0xcd
      into[at + 1] = value >>> 8
      into[at + 2] = value
      return at + 3
    }
    into[at] = 0xce
    writeU32(into, at + 1, value)
    return at + 5
  }
  // Negative whole numbers are rare.
  if (value >> 0 === value) return -1
  into[at] = 0xcb
  writeF64(into, at + 1, value)
  return at + MAX_NUMBER_BYTES
}

function writeText(into: Uint8Array, at: number, last: number, text: string): number {
  const { length } = text
  if (length > MAX_TEXT || at + length > last) return -1
  into[at] = 0xa0 | length
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return -1
    into[at + 1 + i] = code
  }
  return at + 1 + length
}

function writeList(into: Uint8Array, at: number, last: number, list: unknown[], depth: number): number {
  if (list.length > MAX_ENTRIES) return -1
  into[at] = 0x90 | list.length
  let next = at + 1
  for (let i = 0; i < list.length && next > 0; i++) next = write(into, next, last, list[i], depth)
  return next
}

function writeMap(into: Uint8Array, at: number, last: number, map: Record<string, unknown>, depth: number): number {
  let entries = 0
  let next = at + 1
  for (const key in map) {
    if (++entries > MAX_ENTRIES || next > last) return -1
    next = writeText(into, next, last, key)
    if (next > 0) next = write(into, next, last, map[key], depth)
    if (next < 0) return -1
  }
  into[at] = 0x80 | entries
  return next
}
