import { z } from 'zod'
import { FILE_CHUNK_BYTES } from '../limits'
import { LoadInferenceCommand } from './load-inference'
import { PutFileCommand } from './put-file'

/** SHA-256 in hex. */
const ContentHash = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits')

const size = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const digits = z.string().regex(/^\d{1,20}$/, 'must be decimal digits')

/** What a path is on the application's machine. */
export const OfferedFile = z.union([
  z.strictObject({
    path: z.string().min(1).max(4096),
    /** Tells the file or folder from every other one, there and on other machines: decimal digits, times in ns. */
    seen: z.strictObject({ dev: digits, ino: digits, size: digits, mtime_ns: digits, ctime_ns: digits }),
  }),
  z.strictObject({
    path: z.string().min(1).max(4096),
    /** Why it cannot be read there: `does not exist`. */
    unreadable: z.string().min(1).max(1024),
  }),
])
export type OfferedFile = z.infer<typeof OfferedFile>

/**
 * What the manager lacks for a command that is to be sent: it is checked as far as that goes, and changes nothing. Ours. Answered by
 * `OfferView`.
 */
export const OfferFilesCommand = z.strictObject({
  cmd: z.literal('offer_files'),
  /** The command as it will be sent, without its `files`. */
  command: z.discriminatedUnion('cmd', [LoadInferenceCommand, PutFileCommand]),
  /** Every path in it, once. */
  files: z.array(OfferedFile).min(1).max(4096),
})

/** Which contents of a tree the manager does not keep yet, in pages. Ours. Answered by `MissingContentsView`. */
export const GetMissingCommand = z.strictObject({
  cmd: z.literal('get_missing'),
  /** SHA-256 of the tree's list. */
  tree: ContentHash,
  /** `next` of the page before. */
  after: z.number().int().min(0).max(1_000_000).optional(),
})

/**
 * A piece of a content: of a file, or of a tree's list. What the manager has of it already is passed over, so that it may be sent again.
 * The content counts once all of it is there and has this hash. Ours. Answered by `ChunkView`.
 */
export const PutChunkCommand = z.strictObject({
  cmd: z.literal('put_chunk'),
  /** SHA-256 of the whole content. */
  sha256: ContentHash,
  /** Bytes of the whole content. */
  size,
  executable: z.boolean().default(false),
  /** Where the piece begins. */
  offset: size,
  data: z.custom<Uint8Array>(
    (data) => data instanceof Uint8Array && data.length <= FILE_CHUNK_BYTES,
    `must be at most ${FILE_CHUNK_BYTES} bytes`,
  ),
})

/** Reply to `offer_files`. */
export interface OfferView {
  /** Paths whose content has to be sent before the command; the manager reads the others itself, or does not need them. */
  wanted: string[]
}

/** A content that the manager keeps a part of, or nothing. */
export interface MissingContent {
  sha256: string
  size: number
  executable: boolean
  /** So many bytes are there already. */
  offset: number
}

/** Reply to `get_missing`. */
export interface MissingContentsView {
  /** Bytes of the tree's own list that are there; null: all of it. While it is not there, nothing is said of contents. */
  list_offset: number | null
  missing: MissingContent[]
  /** Where the next page begins; null: this was the last. */
  next: number | null
}

/** Reply to `put_chunk`. */
export interface ChunkView {
  /** Bytes of the content that are there now: the next piece begins here. */
  offset: number
}
