import { type Envelope, RecordKind } from '../src/index'
import { decodeMessage, encodeMessage, type WireRecord } from './wire-record'

/** A golden vector as it is stored: snake_case like the wire, bytes in hex, so that any language can read it. */
export interface GoldenFile {
  name: string
  /** Who sends it, and what it says. */
  what: string
  /** The frames of the ZeroMQ message behind any routing id, in hex. */
  frames: string[]
  /** What is in them. `{"$bytes": "00ff"}` stands for binary data. */
  records: unknown[]
}

/** What somebody made up for a vector, before it is encoded. */
export interface GoldenSource {
  name: string
  what: string
  records: WireRecord[]
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const camelCase = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

const toJson = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { $bytes: hex(value) }
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]))
}

const fromJson = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value !== 'object' || value === null) return value
  const { $bytes } = value as { $bytes?: string }
  if (typeof $bytes === 'string') return Buffer.from($bytes, 'hex')
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromJson(item)]))
}

const kindName = (kind: number): string => Object.entries(RecordKind).find(([, number]) => number === kind)?.[0] ?? 'unknown'

const recordToJson = ({ envelope, ...rest }: WireRecord): unknown => ({
  kind_name: snakeCase(kindName(envelope.kind)),
  envelope: Object.fromEntries(Object.entries(envelope).map(([key, value]) => [snakeCase(key), value])),
  ...(toJson(rest) as object),
})

/** The records of a stored vector, as the codec takes them. */
export const recordsOf = ({ records }: GoldenFile): WireRecord[] =>
  (records as { envelope: Record<string, number> }[]).map(({ envelope, ...rest }) => ({
    ...(fromJson({ ...rest, kind_name: undefined }) as object),
    envelope: Object.fromEntries(Object.entries(envelope).map(([key, value]) => [camelCase(key), value])) as unknown as Envelope,
  }))

export const framesOf = ({ frames }: GoldenFile): Uint8Array[] => frames.map((frame) => Buffer.from(frame, 'hex'))

/** What frames hold, in the form in which it is stored. */
export const storedRecords = (frames: readonly Uint8Array[]): unknown[] => decodeMessage(frames).map(recordToJson)

/** Encode a vector for the first time. */
export function goldenFile({ name, what, records }: GoldenSource): GoldenFile {
  const frames = encodeMessage(records)
  return { name, what, frames: frames.map(hex), records: storedRecords(frames) }
}
