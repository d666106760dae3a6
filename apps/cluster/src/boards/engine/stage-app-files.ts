import { readdir } from 'node:fs/promises'
import { posix } from 'node:path'
import type { BoardWork, ContainerSpec, StagedFiles } from '../board'
import { type ConfigPlace, configError } from '../local/container-errors'
import type { Machine } from '../machine'
import type { ContainerFolders } from './container-folders'
import { removeFolder } from './remove-folder'

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

function swap({ machine, folders }: StagePlace, names: readonly string[]): Omit<StagedFiles, 'dispose'> {
  const { app, beside } = folders
  return {
    async commit() {
      const { files } = await machine()
      await files.makeFolder(replacedOf(folders), 0o700)
      for (const name of names) {
        const there = posix.join(app, name)
        const replaced = posix.join(replacedOf(folders), name)
        // An empty folder says that there was no file of this name.
        if ((await files.kind(there)) === undefined) await files.makeFolder(replaced, 0o700)
        else await files.rename(there, replaced)
        await files.rename(posix.join(beside, 'new', name), there)
      }
    },
    revert: async () => undoSwap(await machine(), folders),
  }
}

/** Where those files go meanwhile whose places others take. */
const replacedOf = ({ beside }: ContainerFolders): string => posix.join(beside, 'old')

/** What was replaced has its place again, however many of the files had taken it. */
async function undoSwap({ files }: Machine, folders: ContainerFolders): Promise<void> {
  for (const name of await files.list(replacedOf(folders))) {
    const [replaced, there] = [posix.join(replacedOf(folders), name), posix.join(folders.app, name)]
    const wasThere = (await files.kind(replaced)) !== 'folder'
    await files.remove(there)
    if (wasThere) await files.rename(replaced, there)
  }
}

/** A manager died, or failed, while files took their places: the container has those that are kept for it, and else what it had before. */
export async function finishFiles(machine: Machine, { filesFolder }: ContainerSpec, folders: ContainerFolders): Promise<void> {
  const { files } = machine
  if ((await files.kind(folders.beside)) === undefined) return
  await undoSwap(machine, folders)
  if (filesFolder !== undefined) await files.bring(filesFolder, folders.app)
  await removeFolder(machine, folders.beside)
}
