const toSnake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const toCamel = (key: string): string => key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())

/** Keys whose values have keys of their own, the user's or names of metrics: nothing inside them is renamed. */
const OPAQUE = new Set(['copy', 'env', 'labels', 'counters', 'gauges'])

function rename(value: unknown, key: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => rename(item, key))
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [key(name), OPAQUE.has(name) ? inner : rename(inner, key)]))
}

/** An object as the wire spells it: snake_case keys, all the way down. Keys left `undefined` are left out. */
export const toWire = (value: unknown): unknown => rename(withoutUndefined(value), toSnake)

/** An object as TypeScript spells it. */
export const fromWire = (value: unknown): unknown => rename(value, toCamel)

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, withoutUndefined(inner)]])))
}
