import { createHash } from 'node:crypto'
import { basename, dirname } from 'node:path/posix'
import type { BoardWork } from '../board'
import { type PlannedEntry, type PlannedTree, planTree } from './planned-tree'
import type { SftpCalls } from './sftp-calls'
import { uploadFile } from './upload-file'

/** Files on their way at once: small ones are all round trips. */
const FILES = 8

/** What a bring needs of the files there. */
export interface BringPlace {
  calls: SftpCalls
  makeFolder(path: string): Promise<void>
  remove(path: string): Promise<void>
  kind(path: string): Promise<'file' | 'folder' | 'other' | undefined>
  replace(from: string, to: string): Promise<void>
}

/** Where files wait until all of them have come: the same name each time, so that the next try finds what one left. */
export const waitingPlace = (to: string): string =>
  `${dirname(to)}/.bring-${createHash('sha256').update(basename(to)).digest('hex').slice(0, 16)}`

/**
 * Bring a file or a folder to `to`. It waits beside until all of it has come: what breaks off has changed nothing.
 *
 * A folder takes its place in one step where none was; into one that is there its files go one by one, each in one step.
 */
export async function bringTree(place: BringPlace, from: string, to: string, { signal, onBytes }: BoardWork): Promise<void> {
  const tree = await planTree(from)
  signal?.throwIfAborted()
  const waiting = waitingPlace(to)
  await place.makeFolder(dirname(to))
  await place.remove(waiting)
  let done = 0
  const add = (bytes: number): void => {
    done += bytes
    onBytes?.(Math.min(done, tree.bytes), tree.bytes)
  }
  try {
    await upload(place, tree, waiting, add, signal)
    await takePlace(place, tree, waiting, to)
  } catch (error) {
    // Where the connection has gone it stays until the next try.
    await place.remove(waiting).catch(() => {})
    throw error
  }
}

async function upload(
  { calls }: BringPlace,
  { entries }: PlannedTree,
  waiting: string,
  add: (bytes: number) => void,
  signal: AbortSignal | undefined,
) {
  // One file that fails ends the others.
  const failed = new AbortController()
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
  for (const { place } of entries.filter(({ kind }) => kind === 'folder')) {
    either.throwIfAborted()
    await calls.mkdir(at(waiting, place), 0o755)
    await calls.chmod(at(waiting, place), 0o755)
  }
  const files = entries.filter(({ kind }) => kind === 'file').values()
  const bringFiles = async (): Promise<void> => {
    for (const { from, place, mode } of files) await uploadFile(calls, { from, to: at(waiting, place), mode }, add, either)
  }
  const workers = Array.from({ length: FILES }, () =>
    bringFiles().catch((error) => {
      failed.abort(error)
      throw error
    }),
  )
  const outcomes = await Promise.allSettled(workers)
  if (outcomes.some(({ status }) => status === 'rejected')) throw failed.signal.reason
}

async function takePlace(place: BringPlace, { entries }: PlannedTree, waiting: string, to: string): Promise<void> {
  const there = await place.kind(to)
  const isFolder = entries[0]?.kind === 'folder'
  if (!(isFolder && there === 'folder')) {
    // A file is replaced in one step; what is of the other kind has to go first.
    if (there !== undefined && (isFolder || there !== 'file')) await place.remove(to)
    return place.replace(waiting, to)
  }
  for (const entry of entries) await mergeEntry(place, entry, at(waiting, entry.place), at(to, entry.place))
  await place.remove(waiting)
}

async function mergeEntry(place: BringPlace, { kind }: PlannedEntry, from: string, to: string): Promise<void> {
  const there = await place.kind(to)
  if (kind === 'folder' && there === 'folder') return
  // Nothing is written through a link: `other` is what lies in the way.
  if (there !== undefined && there !== kind) await place.remove(to)
  if (kind === 'folder') await place.makeFolder(to)
  else await place.replace(from, to)
}

const at = (root: string, place: string): string => (place === '' ? root : `${root}/${place}`)
