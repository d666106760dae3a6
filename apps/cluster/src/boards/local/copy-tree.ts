import { constants } from 'node:fs'
import { copyFile, lstat, mkdir, readdir, readlink, rm, stat, symlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

/** Whether `path` is `folder` or lies below it; both absolute, links not looked at. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** What is in the way of a copy is replaced; a folder in the way of a folder is kept and filled. Nothing is written through a link. */
async function makeRoom(to: string, forFolder: boolean): Promise<void> {
  const there = await lstat(to).catch(() => undefined)
  if (there && !(forFolder && there.isDirectory())) await rm(to, { recursive: true, force: true })
}

async function copyLink(from: string, to: string, tree: string): Promise<void> {
  const target = await readlink(from)
  const resolved = resolve(dirname(from), target)
  await makeRoom(to, false)
  await symlink(!isAbsolute(target) && isWithin(resolved, tree) ? target : resolved, to)
}

async function copyFolder(from: string, to: string, tree: string): Promise<void> {
  const { mode } = await stat(from)
  await makeRoom(to, true)
  await mkdir(to, { recursive: true, mode: (mode & 0o777) | 0o700 })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyFolder(source, target, tree)
    else if (entry.isSymbolicLink()) await copyLink(source, target, tree)
    else if (entry.isFile()) await copyOneFile(source, target)
    // Sockets, pipes and devices are no content: left out.
  }
}

async function copyOneFile(from: string, to: string): Promise<void> {
  await makeRoom(to, false)
  await copyFile(from, to, constants.COPYFILE_FICLONE)
}

/**
 * Copy a file, or a folder's content, to `to`. Modes are kept.
 *
 * Relative links within the folder stay as they are; every other link becomes an absolute one to where it pointed.
 *
 * @param from - absolute, its own links resolved
 */
export async function copyTree(from: string, to: string): Promise<void> {
  if ((await stat(from)).isDirectory()) await copyFolder(from, to, from)
  else await copyOneFile(from, to)
}
