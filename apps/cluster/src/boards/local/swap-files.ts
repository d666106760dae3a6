import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StagedFiles } from '../board'

/** Where files wait for their places, and where those go that they replace. All on one file system. */
export interface SwapFolders {
  fresh: string
  /** An empty folder in it says that there was no file of this name. */
  replaced: string
  /** Where they belong. */
  folder: string
}

/** Files that only have to be renamed to be in place. */
export function swapFiles(names: readonly string[], { fresh, replaced, folder }: SwapFolders): StagedFiles {
  return {
    async commit() {
      for (const path of [folder, replaced]) await mkdir(path, { recursive: true, mode: 0o700 })
      for (const name of names) {
        await rename(join(folder, name), join(replaced, name)).catch(async (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error
          await mkdir(join(replaced, name))
        })
        await rename(join(fresh, name), join(folder, name))
      }
    },
    revert: () => undoSwap(replaced, folder),
    async dispose() {
      for (const path of [fresh, replaced]) await rm(path, { recursive: true, force: true })
    },
  }
}

/** What was replaced has its place again, however many of the files had taken it. */
export async function undoSwap(replaced: string, folder: string): Promise<void> {
  for (const entry of await readdir(replaced, { withFileTypes: true }).catch(() => [])) {
    const place = join(folder, entry.name)
    if (entry.isDirectory()) await rm(place, { force: true })
    else await rename(join(replaced, entry.name), place)
  }
}
