import { constants } from 'node:fs'
import { copyFile, type FileHandle, lstat, mkdir, open, readdir, readlink, rm, stat, symlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { isWithin } from '@aicluster/transport'
import type { BoardWork } from '../board'

/** Bytes copied between two looks at the signal. */
const PIECE_BYTES = 4 * 1024 * 1024

/** Hears of what is copied, and says when to give up. */
export interface CopyMeter {
  signal: AbortSignal | undefined
  add(bytes: number): void
}

/** One copy, from its beginning to its end. */
interface Copy {
  /** What is copied. */
  tree: string
  /** The folder that it goes into, or becomes. */
  within: string
  meter: CopyMeter
}

/**
 * What is in the way of a copy is replaced; a folder in the way of a folder is kept and filled. Nothing is written through a link.
 * @throws Error the place is not one below the copy's folder: whoever put it together took a `..` for a name
 */
async function makeRoom(to: string, forFolder: boolean, { within }: Copy): Promise<void> {
  if (!isWithin(to, within)) throw new Error(`${to} does not lie in ${within}: nothing is copied there`)
  const there = await lstat(to).catch(() => undefined)
  if (!there || (forFolder && there.isDirectory())) return
  if (resolve(to) === resolve(within)) throw new Error(`${to} is to hold what is copied: it is not replaced`)
  await rm(to, { recursive: true, force: true })
}

async function copyLink(from: string, to: string, copy: Copy): Promise<void> {
  const target = await readlink(from)
  const resolved = resolve(dirname(from), target)
  await makeRoom(to, false, copy)
  await symlink(!isAbsolute(target) && isWithin(resolved, copy.tree) ? target : resolved, to)
}

async function copyFolder(from: string, to: string, copy: Copy): Promise<void> {
  const { mode } = await stat(from)
  await makeRoom(to, true, copy)
  await mkdir(to, { recursive: true, mode: (mode & 0o777) | 0o700 })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyFolder(source, target, copy)
    else if (entry.isSymbolicLink()) await copyLink(source, target, copy)
    else if (entry.isFile()) await copyOneFile(source, target, copy)
    // Sockets, pipes and devices are no content: left out.
  }
}

async function copyOneFile(from: string, to: string, copy: Copy): Promise<void> {
  const { meter } = copy
  meter.signal?.throwIfAborted()
  const { size, mode } = await stat(from)
  await makeRoom(to, false, copy)
  if (size <= PIECE_BYTES) await copyFile(from, to, constants.COPYFILE_FICLONE)
  else if (!(await clone(from, to))) return copyInPieces(from, to, mode, meter)
  meter.add(size)
}

/** Where the file system can, a copy that takes no time and no room. */
const clone = (from: string, to: string): Promise<boolean> =>
  copyFile(from, to, constants.COPYFILE_FICLONE_FORCE).then(
    () => true,
    () => false,
  )

/** A model of gigabytes takes its time: it tells how far it is, and can be given up. */
async function copyInPieces(from: string, to: string, mode: number, meter: CopyMeter): Promise<void> {
  await using source = await open(from, 'r')
  await using target = await open(to, 'w', mode & 0o777)
  const piece = Buffer.allocUnsafe(PIECE_BYTES)
  for (;;) {
    meter.signal?.throwIfAborted()
    const { bytesRead } = await source.read(piece, 0, PIECE_BYTES)
    // The mode at its making was cut by the umask.
    if (bytesRead === 0) return target.chmod(mode & 0o777)
    await writeAll(target, piece.subarray(0, bytesRead))
    meter.add(bytesRead)
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
}

/** Bytes of the files in a tree, or of a file. Links and what is no file count nothing, as they are not copied. */
async function sizeOfTree(path: string): Promise<number> {
  const stats = await stat(path)
  if (!stats.isDirectory()) return stats.size
  let bytes = 0
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory() || entry.isFile()) bytes += await sizeOfTree(join(path, entry.name))
  }
  return bytes
}

/**
 * Copy a file, or a folder's content, to `to`. Modes are kept.
 * Whatever `to` says, nothing outside `within`, and not this folder itself, is replaced.
 *
 * Relative links within the folder stay as they are; every other link becomes an absolute one to where it pointed.
 *
 * @param from - absolute, its own links resolved
 * @param within - absolute: the folder that the copy goes into, or, for a folder's content, becomes
 * @throws the signal's reason once it is aborted; what was copied stays
 */
export async function copyTree(
  from: string,
  to: string,
  within: string,
  meter: CopyMeter = { signal: undefined, add() {} },
): Promise<void> {
  const copy = { tree: from, within, meter }
  if ((await stat(from)).isDirectory()) await copyFolder(from, to, copy)
  else await copyOneFile(from, to, copy)
}

/** Counts what is copied from these places, all together; what cannot be looked at counts nothing. */
export async function copyMeter(sources: readonly string[], { signal, onBytes }: BoardWork): Promise<CopyMeter> {
  let total = 0
  if (onBytes) for (const source of sources) total += await sizeOfTree(source).catch(() => 0)
  let done = 0
  return {
    signal,
    add(bytes) {
      done += bytes
      onBytes?.(Math.min(done, total), total)
    },
  }
}
