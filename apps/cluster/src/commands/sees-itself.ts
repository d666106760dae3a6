import { constants } from 'node:fs'
import { access, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MAX_TREE_DEPTH, MAX_TREE_ENTRIES, type OfferedFile } from '@aicluster/protocol'

type Seen = Extract<OfferedFile, { seen: unknown }>['seen']

/** Whether this path is, on the manager's host, the very file or folder that an application sees, and all of it may be read. */
export async function seesItself(path: string, seen: Seen): Promise<boolean> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    const own = { dev, ino, size, mtime_ns: mtimeNs, ctime_ns: ctimeNs }
    if (Object.entries(own).some(([key, value]) => String(value) !== seen[key as keyof Seen])) return false
    await requireAllReadable(path, { entries: 0 }, 0)
    return true
  } catch {
    return false
  }
}

/** An application of another user may have what the manager's may not read. Links are left to whoever brings the files. */
async function requireAllReadable(path: string, count: { entries: number }, depth: number): Promise<void> {
  if (depth > MAX_TREE_DEPTH || ++count.entries > MAX_TREE_ENTRIES) return
  const stats = await stat(path)
  await access(path, stats.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK)
  if (!stats.isDirectory()) return
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory() || entry.isFile()) await requireAllReadable(join(path, entry.name), count, depth + 1)
  }
}
