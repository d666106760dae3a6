import { randomBytes } from 'node:crypto'
import { chmod, chown, copyFile, lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AIClusterError } from '@aicluster/protocol'
import type { BoardWork } from '../board'
import { boardError } from '../board-error'
import { type BringPlace, bringTree, type Upload } from '../bring/bring-tree'
import type { MachineFiles } from '../machine'

/** Files of this machine. */
export class LocalFiles implements MachineFiles {
  readonly #board: string

  constructor(board: string) {
    this.#board = board
  }

  makeFolder(path: string, mode = 0o755): Promise<void> {
    return this.#doing('make folder', path, async () => {
      // The mode at its making was cut by the umask; a folder that was there keeps its own.
      if ((await mkdir(path, { recursive: true })) !== undefined) await chmod(path, mode)
    })
  }

  read(path: string, maxBytes: number): Promise<Buffer | undefined> {
    return this.#doing('read', path, async () => {
      const handle = await open(path, 'r').catch(unlessMissing)
      if (!handle) return undefined
      await using file = handle
      const { size } = await file.stat()
      if (size > maxBytes) throw new Error(`it has ${size} bytes, more than ${maxBytes}`)
      return await file.readFile()
    })
  }

  write(path: string, content: Uint8Array, { mode = 0o600, uid, gid }: { mode?: number; uid?: number; gid?: number } = {}): Promise<void> {
    return this.#doing('write', path, async () => {
      const beside = `${dirname(path)}/.write-${randomBytes(8).toString('hex')}`
      try {
        await writeFile(beside, content, { mode: 0o600, flag: 'wx' })
        if (uid !== undefined || gid !== undefined) await chown(beside, uid ?? -1, gid ?? -1)
        await chmod(beside, mode)
        await rename(beside, path)
      } catch (error) {
        await rm(beside, { force: true })
        throw error
      }
    })
  }

  bring(from: string, to: string, work: BoardWork = {}): Promise<void> {
    return this.#doing('bring', to, () => bringTree(HERE, from, to, work), work.signal)
  }

  list(path: string): Promise<string[]> {
    return this.#doing('list', path, async () => ((await readdir(path).catch(unlessMissing)) ?? []).sort())
  }

  kind(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
    return this.#doing('look at', path, () => HERE.kind(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#doing('rename', from, () => rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.#doing('delete', path, () => HERE.remove(path))
  }

  async #doing<T>(what: string, path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      throw error instanceof AIClusterError ? error : boardError(this.#board, `${what} ${JSON.stringify(path)}`, error)
    }
  }
}

const HERE: BringPlace = {
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true })
  },
  newFolder: async (path) => {
    await mkdir(path)
    await chmod(path, 0o755)
  },
  newFile: async ({ from, to, mode, onBytes, signal }: Upload) => {
    signal.throwIfAborted()
    await copyFile(from, to)
    await chmod(to, mode)
    onBytes((await lstat(to)).size)
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
  kind: async (path) => {
    const stats = await lstat(path).catch(unlessMissing)
    return stats && (stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other')
  },
  replace: (from, to) => rename(from, to),
}

const unlessMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error
}
