import { createHash } from 'node:crypto'
import { basename, dirname } from 'node:path/posix'
import { type PlannedEntry, type PlannedTree, planTree } from '@aicluster/transport'
import type { BoardWork } from '../board'

/** Files on their way at once: small ones are all round trips. */
const FILES = 8

/** One file on its way, to a path where nothing is. */
export interface Upload {
  from: string
  to: string
  mode: number
  /** So many more bytes are there. */
  onBytes: (bytes: number) => void
  signal: AbortSignal
}

/** What a bring needs of the files there. */
export interface BringPlace {
  /** With its parents, if it is not there. */
  makeFolder(path: string): Promise<void>
  /** A new folder, 0755, in one that is there. */
  newFolder(path: string): Promise<void>
  newFile(upload: Upload): Promise<void>
  remove(path: string): Promise<void>
  kind(path: string): Promise<'file' | 'folder' | 'other' | undefined>
  /** What is at `to` (no folder) is replaced in one step. */
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
    await upload(place, tree, waiting, { signal, onBytes: add })
    await takePlace(place, tree, waiting, to)
  } catch (error) {
    // Where the connection has gone it stays until the next try.
    await place.remove(waiting).catch(() => {})
    throw error
  }
}

interface UploadWork {
  signal: AbortSignal | undefined
  onBytes: (bytes: number) => void
}

async function upload(there: BringPlace, { entries }: PlannedTree, waiting: string, { signal, onBytes }: UploadWork): Promise<void> {
  // One file that fails ends the others.
  const failed = new AbortController()
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
  for (const { place } of entries.filter(({ kind }) => kind === 'folder')) {
    either.throwIfAborted()
    await there.newFolder(at(waiting, place))
  }
  const files = entries.filter(({ kind }) => kind === 'file').values()
  const bringFiles = async (): Promise<void> => {
    for (const { from, place, mode } of files) await there.newFile({ from, to: at(waiting, place), mode, onBytes, signal: either })
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
