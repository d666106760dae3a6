import { type ArrayLayout, bytesOf, type DType, isNdArray, ndArrayFrom, requireNdArray } from './nd-array'

/** Offsets of binary parts are multiples of this, so that typed arrays may view them. */
const ALIGNMENT = 8
/** How deep a result may nest: deeper is a mistake or an attack. */
const MAX_DEPTH = 64

/** Where one binary part of a result belongs, and where its bytes lie in the body. */
export interface Attachment {
  /** Keys and indexes from the root of the result to the part; empty: the result is the part. */
  path: (string | number)[]
  kind: 'bytes' | 'ndarray'
  offset: number
  length: number
  /** With kind `ndarray`. */
  dtype?: DType
  shape?: number[]
}

/** A result ready to travel: JSON-like data with nil where the binary parts were, and those apart. */
export interface EncodedResult {
  result: unknown
  attachments: Attachment[]
  body: Uint8Array | undefined
}

const isPlain = (value: unknown): boolean =>
  value === null || value === undefined || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

class Encoder {
  readonly attachments: Attachment[] = []
  private readonly parts: Uint8Array[] = []
  private length = 0

  encode(value: unknown, path: (string | number)[]): unknown {
    if (value === undefined) return null
    if (isPlain(value)) return value
    if (path.length > MAX_DEPTH) throw new TypeError(`a result may nest ${MAX_DEPTH} levels deep at most`)
    if (value instanceof Uint8Array) return this.attach(value, { kind: 'bytes', path })
    if (isNdArray(value)) {
      const { dtype, shape, data } = requireNdArray(value, 'result')
      return this.attach(bytesOf(data), { kind: 'ndarray', path, dtype, shape })
    }
    if (ArrayBuffer.isView(value)) {
      throw new TypeError(`a ${value.constructor.name} has no dtype and shape: send an NdArray or a Uint8Array`)
    }
    if (Array.isArray(value)) return value.map((item, index) => this.encode(item, [...path, index]))
    if (typeof value === 'object') {
      const json = (value as { toJSON?: () => unknown }).toJSON
      const plain = typeof json === 'function' ? json.call(value) : value
      if (plain !== value) return this.encode(plain, path)
      return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, this.encode(item, [...path, key])]))
    }
    throw new TypeError(`a result cannot hold a ${typeof value}${path.length > 0 ? ` (at ${path.join('.')})` : ''}`)
  }

  private attach(bytes: Uint8Array, part: Omit<Attachment, 'offset' | 'length'>): null {
    const padding = (ALIGNMENT - (this.length % ALIGNMENT)) % ALIGNMENT
    if (padding > 0) this.parts.push(new Uint8Array(padding))
    this.attachments.push({ ...part, offset: this.length + padding, length: bytes.byteLength })
    this.parts.push(bytes)
    this.length += padding + bytes.byteLength
    return null
  }

  body(): Uint8Array | undefined {
    if (this.parts.length < 2) return this.parts[0]
    const body = new Uint8Array(this.length)
    let at = 0
    for (const part of this.parts) {
      body.set(part, at)
      at += part.byteLength
    }
    return body
  }
}

/**
 * Take the binary parts (`Uint8Array`, {@link NdArray}) out of a result, wherever in it they stand.
 * @throws TypeError when the result holds what JSON cannot (a function, a symbol, a bigint, a bare typed array)
 */
export function encodeResult(result: unknown): EncodedResult {
  if (isPlain(result)) return { result: result ?? null, attachments: [], body: undefined }
  // The most common binary result needs no walk.
  if (result instanceof Uint8Array) {
    return { result: null, attachments: [{ kind: 'bytes', path: [], offset: 0, length: result.byteLength }], body: result }
  }
  const encoder = new Encoder()
  const encoded = encoder.encode(result, [])
  return { result: encoded, attachments: encoder.attachments, body: encoder.body() }
}

/** Whether the result has this place: an entry of a map, an element of a list. */
const has = (holder: unknown, key: unknown): holder is Record<string | number, unknown> => {
  if (Array.isArray(holder)) return Number.isInteger(key) && (key as number) >= 0 && (key as number) < holder.length
  return typeof holder === 'object' && holder !== null && typeof key === 'string' && Object.hasOwn(holder, key)
}

function place(root: unknown, path: unknown, value: unknown): unknown {
  if (!Array.isArray(path)) throw new TypeError('an attachment has no path')
  if (path.length === 0) return value
  let holder = root
  for (const [depth, key] of path.entries()) {
    if (!has(holder, key)) throw new TypeError('an attachment points nowhere')
    if (depth === path.length - 1) holder[key as string] = value
    else holder = holder[key as string]
  }
  return root
}

/**
 * Put the binary parts back into a received result, as views of its body.
 * @throws TypeError when the attachments do not fit result and body
 */
export function decodeResult(result: unknown, attachments: Attachment[] | undefined, body: Uint8Array): unknown {
  if (!attachments || attachments.length === 0) return result
  if (!Array.isArray(attachments)) throw new TypeError('attachments must be a list')
  let decoded = result
  for (const { path, kind, offset, length, dtype, shape } of attachments) {
    if (
      !(Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && offset + length <= body.byteLength)
    ) {
      throw new TypeError('an attachment lies outside the body')
    }
    const bytes = length === body.byteLength ? body : body.subarray(offset, offset + length)
    const part = kind === 'ndarray' ? ndArrayFrom({ dtype, shape } as ArrayLayout, bytes) : bytes
    decoded = place(decoded, path, part)
  }
  return decoded
}
