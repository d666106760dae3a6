import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { clusterError, MAX_TREE_DEPTH, MAX_TREE_ENTRIES } from '@aicluster/protocol'
import { isWithin } from './is-within'

/** What is to be brought: a file or a folder, each with its place below the tree's own; `''` is the tree itself. */
export interface PlannedEntry {
  from: string
  /** Parts are joined by `/`. */
  place: string
  kind: 'file' | 'folder'
  size: number
  mode: number
}

/** All that is to be brought. */
export interface PlannedTree {
  /** A folder before what is in it. */
  entries: PlannedEntry[]
  /** Of all files. */
  bytes: number
}

/**
 * List a file, or a folder with all it holds; a folder comes before what is in it. Links are what they lead to.
 *
 * Sockets, pipes and devices are no content: left out.
 *
 * @param from - absolute
 * @throws InvalidArgumentError (301) it cannot be read; (302) a link leads out of the tree or in circles, or the tree is too large
 */
export async function planTree(from: string): Promise<PlannedTree> {
  const tree: PlannedTree = { entries: [], bytes: 0 }
  try {
    const root = await realpath(from)
    await plan(root, '', { root, tree, above: [] })
  } catch (error) {
    const { code, message, path } = error as NodeJS.ErrnoException
    if (typeof code !== 'string') throw error
    const why = code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read' : `cannot be read (${message})`
    throw clusterError('configFileUnreadable', { detail: `${path ?? from} ${why}`, details: { path: path ?? from }, cause: error })
  }
  return tree
}

interface Walk {
  root: string
  tree: PlannedTree
  /** Real paths of the folders that it is in. */
  above: readonly string[]
}

async function plan(from: string, place: string, walk: Walk): Promise<void> {
  const { tree, above } = walk
  const stats = await stat(from)
  if (stats.isFile()) {
    add(tree, { from, place, kind: 'file', size: stats.size, mode: (stats.mode & 0o111) === 0 ? 0o644 : 0o755 })
  } else if (stats.isDirectory()) {
    if (above.length >= MAX_TREE_DEPTH) throw refuse(from, `lies deeper than ${MAX_TREE_DEPTH} folders`)
    add(tree, { from, place, kind: 'folder', size: 0, mode: 0o755 })
    for (const name of (await readdir(from)).sort()) {
      const inside = place === '' ? name : `${place}/${name}`
      await plan(await targetOf(join(from, name), walk), inside, { ...walk, above: [...above, from] })
    }
  }
}

/** Where a link leads; everything else is itself. */
async function targetOf(path: string, { root, above }: Walk): Promise<string> {
  if (!(await lstat(path)).isSymbolicLink()) return path
  const target = await realpath(path)
  if (!isWithin(target, root)) throw refuse(path, `is a link that leads out of ${root}, to ${target}: put the file itself there`)
  if (above.some((folder) => folder === target || isWithin(folder, target)) || isWithin(path, target)) {
    throw refuse(path, `is a link to ${target}, a folder that it lies in`)
  }
  return target
}

function add(tree: PlannedTree, entry: PlannedEntry): void {
  if (tree.entries.length >= MAX_TREE_ENTRIES)
    throw refuse(basename(entry.from), `is one too many: more than ${MAX_TREE_ENTRIES} files and folders`)
  tree.entries.push(entry)
  tree.bytes += entry.size
}

const refuse = (path: string, why: string): Error =>
  clusterError('invalidParameter', { detail: `${JSON.stringify(path)} ${why}`, details: { path } })
