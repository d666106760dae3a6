import type { Attachment } from '../codec/result-codec'
import type { SystemMetadata } from './request-header'

/** Header of a `part` record of a stream. Container → manager → host; the manager never decodes it. */
export interface PartHeader {
  /** Anything JSON can hold; nil where a binary part belongs. */
  result: unknown
  /** Where the binary parts belong and lie in the body; left out when there are none. */
  attachments?: Attachment[]
}

/** Header of a `result` record. Container → manager → host; the manager never decodes it. */
export interface ResultHeader extends PartHeader {
  /** The result is what was sent, and the body holds it: an inference of type `Loop`. */
  echo?: true
  /** Only when the container changed it: otherwise the request's own counts. */
  metadata?: Record<string, unknown>
  metadata_sys?: SystemMetadata
  /** When the container received the request and sent this, ms since 1970 by its own clock. */
  received_at: number
  sent_at: number
}
