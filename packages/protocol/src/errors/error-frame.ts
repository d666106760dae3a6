import { decodeMsgpack, encodeMsgpack } from '../codec/msgpack'
import { AIClusterError } from './aicluster-error'
import { clusterError, UnknownError } from './cluster-errors'
import { ERROR_CODES, type ErrorKey } from './error-code'

/** The header of every record that carries an error: `error`, `commandError`, `refused`. */
export interface ErrorHeader {
  code: number
  /** Complete, as the user sees it: the table's text first. */
  message: string
  details?: Record<string, unknown>
}

/** Longest message that is let in from a peer, in characters. */
const MAX_MESSAGE_LENGTH = 16 * 1024
/** Largest error that is sent as it is, in bytes: more is somebody's data, which he has already. */
const MAX_ERROR_BYTES = 256 * 1024

/** A row of the table, and what its text looks like with the holes filled. */
interface KnownRow {
  key: ErrorKey
  begins: RegExp
}

const patternOf = (message: string): RegExp =>
  new RegExp(`^${message.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w*\}/g, '[\\s\\S]*?')}`)

/** By code; where two rows share one, the one that crosses the wire comes first. */
const ROWS_OF_CODE = new Map<number, KnownRow[]>()
for (const [key, row] of Object.entries(ERROR_CODES)) {
  const known = { key: key as ErrorKey, begins: patternOf(row.message) }
  ROWS_OF_CODE.set(row.code, [...(ROWS_OF_CODE.get(row.code) ?? []), known])
}

/** Any failure as an error of ours: what is not one becomes an {@link UnknownError} (999) with it as the cause. */
export const asAIClusterError = (error: unknown): AIClusterError =>
  error instanceof AIClusterError ? error : new UnknownError('internal', { detail: messageOf(error), cause: error })

/** Anything can be thrown, also what no text can be made of. */
function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return `something was thrown that is no error (${typeof error})`
  }
}

/** The header that carries `error` over the wire. */
export const errorHeader = (error: AIClusterError): ErrorHeader => ({
  code: error.code,
  message: error.message,
  ...(Object.keys(error.details).length > 0 ? { details: { ...error.details } } : {}),
})

/** {@link errorHeader} as bytes: the header of an error record. Never throws, as {@link encodeErrorHeader}. */
export const encodeError = (error: AIClusterError): Uint8Array => encodeErrorHeader(errorHeader(error))

/**
 * The msgpack of an error, or of an event. Never throws, for nobody is left to catch it: of details that hold somebody's own values
 * those are left out that cannot travel, or do not fit into 256 KB; a message is cut.
 */
export function encodeErrorHeader<Header extends ErrorHeader>(header: Header): Uint8Array {
  try {
    const bytes = encodeMsgpack(header)
    if (bytes.length <= MAX_ERROR_BYTES) return bytes
  } catch {
    // Some of it may travel all the same.
  }
  const { details, message, ...rest } = header
  return encodeMsgpack({ ...rest, message: message.slice(0, MAX_MESSAGE_LENGTH), details: whatTravels(details ?? {}) })
}

function whatTravels(details: Record<string, unknown>): Record<string, unknown> {
  const travels: Record<string, unknown> = {}
  let bytes = 0
  for (const key of Object.keys(details)) {
    try {
      // Below the header and its details: so deep it will stand.
      const length = encodeMsgpack({ details: { [key]: details[key] } }).length
      if (bytes + length > MAX_ERROR_BYTES / 2) continue
      travels[key] = details[key]
      bytes += length
    } catch {
      // The others may.
    }
  }
  return travels
}

/** What belongs to the call and does not travel. */
export interface ErrorContext {
  command?: string | undefined
  requestNo?: string | undefined
}

/**
 * The error of a received header. Its message is the peer's, with the table's text in front where the peer left that out.
 * A code that the table does not have becomes an {@link UnknownError} with that code.
 */
export function errorFromHeader(header: unknown, context: ErrorContext = {}): AIClusterError {
  const { code, message, details } = (typeof header === 'object' && header !== null ? header : {}) as Partial<ErrorHeader>
  const text = typeof message === 'string' ? message.slice(0, MAX_MESSAGE_LENGTH) : ''
  const structured = typeof details === 'object' && details !== null ? details : undefined
  const rows = (typeof code === 'number' && ROWS_OF_CODE.get(code)) || []
  const row = rows.find(({ begins }) => begins.test(text))
  // The sender filled the holes of the table's text: its whole message stands.
  if (row) return clusterError(row.key, { ...context, message: text, details: structured })
  const key = rows[0]?.key
  if (key !== undefined && key !== 'internal') return clusterError(key, { ...context, detail: text, details: structured })
  const detail = text || `the cluster replied with code ${String(code)}`
  return new UnknownError('internal', { ...context, detail, details: structured, ...(typeof code === 'number' ? { code } : {}) })
}

/** The error of an error record: {@link errorFromHeader}, or 999 when the bytes are no header. */
export const decodeError = (header: Uint8Array, context?: ErrorContext): AIClusterError => {
  try {
    return errorFromHeader(decodeMsgpack(header), context)
  } catch (cause) {
    return new UnknownError('internal', { ...context, detail: 'an error arrived whose header is not msgpack', cause })
  }
}
