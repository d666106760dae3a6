/** How deep a value may nest. Deeper is a mistake (a cycle) or an attack. */
export const MAX_DEPTH = 100

interface MaybeWellFormed {
  isWellFormed?(): boolean
  toWellFormed?(): string
}

/** Whether a string is Unicode: half a surrogate pair has no UTF-8, and strict readers refuse the whole message. */
const isText = (text: string): boolean => (text as MaybeWellFormed).isWellFormed?.() ?? true

const inRange = (value: bigint): boolean => value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER

/**
 * Whether msgpack of any language can hold the value as it is: nil, boolean, number, text, bytes, arrays and maps of those.
 * Allocates nothing.
 */
export function isPlain(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case 'string':
      return isText(value)
    case 'number':
    case 'boolean':
    case 'undefined':
      return true
    case 'bigint':
      return inRange(value)
    case 'object':
      break
    default:
      return false
  }
  if (value === null || value instanceof Uint8Array) return true
  if (depth >= MAX_DEPTH) return false
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlain(value[i], depth + 1)) return false
    return true
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  for (const key in value) if (!isText(key) || !isPlain((value as Record<string, unknown>)[key], depth + 1)) return false
  return true
}

const nameOf = (value: object): string => value.constructor?.name ?? 'object'

/** What has no place on the wire and no JSON either. */
const isForeign = (value: object): boolean =>
  ArrayBuffer.isView(value) ||
  value instanceof ArrayBuffer ||
  value instanceof Map ||
  value instanceof Set ||
  value instanceof RegExp ||
  value instanceof Error ||
  value instanceof Promise

/**
 * The value as JSON would have it, with bytes left as bytes: `toJSON` is asked (a `Date` becomes its ISO text), half surrogate
 * pairs are replaced, instances of classes become maps.
 *
 * @throws TypeError naming the place: a function, a symbol, a bigint beyond ±2^53, a typed array without dtype and shape,
 *   a Map, a Set, an Error, or nesting deeper than {@link MAX_DEPTH}
 */
export function toPlain(value: unknown, path: readonly (string | number)[] = []): unknown {
  const refuse = (what: string): TypeError => new TypeError(path.length > 0 ? `${path.join('.')} is ${what}` : `it is ${what}`)
  if (typeof value === 'string') return isText(value) ? value : (value as MaybeWellFormed).toWellFormed?.()
  if (typeof value === 'bigint' && !inRange(value)) throw refuse('a bigint beyond ±2^53')
  if (typeof value === 'function' || typeof value === 'symbol') throw refuse(`a ${typeof value}`)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (path.length >= MAX_DEPTH) throw new TypeError(`it nests deeper than ${MAX_DEPTH} levels (a cycle?)`)
  if (Array.isArray(value)) return value.map((item, index) => toPlain(item, [...path, index]))
  const json = (value as { toJSON?: () => unknown }).toJSON
  if (typeof json === 'function') {
    const plain = json.call(value)
    return plain === value ? entriesOf(value, path) : toPlain(plain, path)
  }
  if (isForeign(value)) throw refuse(`a ${nameOf(value)}, which has no place in msgpack: send a Uint8Array, an array or an object`)
  return entriesOf(value, path)
}

const entriesOf = (value: object, path: readonly (string | number)[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([key, item]) => [toPlain(key, path), toPlain(item, [...path, key])]))
