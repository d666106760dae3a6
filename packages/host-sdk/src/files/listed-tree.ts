import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { clusterError, MAX_TREE_LIST_BYTES } from '@aicluster/protocol'
import { type PlannedEntry, planTree } from '@aicluster/transport'

/** Bytes read at a time, to compute a hash. */
const PIECE_BYTES = 1024 * 1024
/** Files read at once. */
const FILES = 4

/** A file or folder of this machine as the manager gets it. */
export interface ListedTree {
  path: string
  /** SHA-256 of the list, by which the tree goes. */
  tree: string
  list: Uint8Array
  /** Where each content is, by its SHA-256. */
  sources: ReadonlyMap<string, string>
}

/**
 * List a file, or a folder with all it holds, by content.
 * @throws InvalidArgumentError (301) something cannot be read; (302) a link leads out of the folder, or it holds too much. The signal's reason
 */
export async function listTree(path: string, signal: AbortSignal): Promise<ListedTree> {
  const { entries } = await planTree(path)
  const sources = new Map<string, string>()
  const listed: object[] = []
  const next = entries.entries()
  const work = async (): Promise<void> => {
    for (const [index, entry] of next) {
      const { from, place, kind, mode } = entry
      if (kind === 'folder') {
        listed[index] = { place, kind }
        continue
      }
      const { sha256, size } = await hashFile(entry, signal)
      sources.set(sha256, from)
      listed[index] = { place, kind, size, executable: (mode & 0o111) !== 0, sha256 }
    }
  }
  await Promise.all(Array.from({ length: FILES }, work))
  const list = Buffer.from(JSON.stringify({ version: 1, path, entries: listed }))
  if (list.length > MAX_TREE_LIST_BYTES) {
    throw clusterError('invalidParameter', {
      detail: `${path} holds so many files, with so long names, that their list has ${list.length} bytes; it may have ${MAX_TREE_LIST_BYTES}`,
      details: { path },
    })
  }
  return { path, tree: createHash('sha256').update(list).digest('hex'), list, sources }
}

async function hashFile({ from }: PlannedEntry, signal: AbortSignal): Promise<{ sha256: string; size: number }> {
  signal.throwIfAborted()
  try {
    const hash = createHash('sha256')
    let size = 0
    for await (const bytes of createReadStream(from, { highWaterMark: PIECE_BYTES, signal })) {
      hash.update(bytes as Buffer)
      size += (bytes as Buffer).length
    }
    return { sha256: hash.digest('hex'), size }
  } catch (error) {
    throw signal.aborted ? signal.reason : unreadable(from, error)
  }
}

/** A file that could be looked at, but not read, as 301; what is of ours stays as it is. */
export function unreadable(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (typeof code !== 'string') return error
  const why = code === 'EACCES' ? 'may not be read by the application' : code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
  return clusterError('configFileUnreadable', { detail: `${path} ${why}`, details: { path }, cause: error })
}
