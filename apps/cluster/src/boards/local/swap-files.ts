import { lstat, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StagedFiles } from '../board'

/** Where files wait for their places, and where those go that they replace. All on one file system. */
export interface SwapFolders {
  fresh: string
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
        await rename(join(folder, name), join(replaced, name)).catch(unlessMissing)
        await rename(join(fresh, name), join(folder, name))
      }
    },
    async revert() {
      for (const name of names) {
        // Still here: it never took its place.
        const untouched = await lstat(join(fresh, name)).catch(() => undefined)
        if (!untouched) await rm(join(folder, name), { force: true })
        await rename(join(replaced, name), join(folder, name)).catch(unlessMissing)
      }
    },
    async dispose() {
      for (const path of [fresh, replaced]) await rm(path, { recursive: true, force: true })
    },
  }
}

const unlessMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error
}
