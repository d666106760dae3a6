import { readdir } from 'node:fs/promises'
import { posix } from 'node:path'
import type { BoardWork, StagedFiles } from '../board'
import { type ConfigPlace, configError } from '../local/container-errors'
import type { Machine } from '../machine'
import type { ContainerFolders } from './container-folders'

/** What it is done with: the machine may have been connected anew since the last step. */
export interface StagePlace {
  place: ConfigPlace
  machine: () => Promise<Machine>
  folders: ContainerFolders
}

/**
 * Lay files beside those of a container, on the same file system there, so that taking their places is a rename.
 * @throws InvalidArgumentError (302) a file has the name of a folder there; SshConnectionError (500)
 */
export async function stageAppFiles(at: StagePlace, filesFolder: string, work: BoardWork): Promise<StagedFiles> {
  const { place, machine, folders } = at
  const { files } = await machine()
  const names = await readdir(filesFolder)
  for (const name of names) {
    if ((await files.kind(posix.join(folders.app, name))) !== 'folder') continue
    throw configError(place, 'invalidParameter', 'file_info', name, "is the name of a folder in the container's folder: rename it")
  }
  const dispose = async () => (await machine()).files.remove(folders.beside)
  await files.remove(folders.beside)
  try {
    await files.bring(filesFolder, posix.join(folders.beside, 'new'), work)
  } catch (error) {
    // On the same connection: nobody waits for another one, what is left there goes when the board is back.
    await files.remove(folders.beside).catch(() => {})
    throw error
  }
  return { ...swap(at, names), dispose }
}

function swap({ machine, folders: { app, beside } }: StagePlace, names: readonly string[]): Omit<StagedFiles, 'dispose'> {
  const fresh = (name: string) => posix.join(beside, 'new', name)
  const replaced = (name: string) => posix.join(beside, 'old', name)
  return {
    async commit() {
      const { files } = await machine()
      await files.makeFolder(posix.join(beside, 'old'), 0o700)
      for (const name of names) {
        const there = posix.join(app, name)
        if ((await files.kind(there)) !== undefined) await files.rename(there, replaced(name))
        await files.rename(fresh(name), there)
      }
    },
    async revert() {
      const { files } = await machine()
      for (const name of names) {
        const there = posix.join(app, name)
        // Still here: it never took its place.
        if ((await files.kind(fresh(name))) === undefined) await files.remove(there)
        if ((await files.kind(replaced(name))) !== undefined) await files.rename(replaced(name), there)
      }
    },
  }
}
