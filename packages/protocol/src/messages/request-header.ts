import type { ArrayLayout } from '../codec/nd-array'

/**
 * The system's own data about a request or a result; keys it does not know are carried along.
 * `array` is there when the body is one array, as with `inferImage`.
 */
export interface SystemMetadata {
  array?: ArrayLayout
  [key: string]: unknown
}

/** Header of a `request` record. Host → manager → container; the manager never decodes it. */
export interface RequestHeader {
  /** Process and thread of the application. */
  pid: number
  tid: number
  /** The caller's `param`. */
  metadata: Record<string, unknown>
  metadata_sys: SystemMetadata
  /** When the application sent it, ms since 1970 by its own clock. */
  sent_at: number
}
