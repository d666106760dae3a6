import { existsSync } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { BoardWork, StagedFiles } from '../board'
import { type ConfigPlace, configError } from './container-errors'
import { RESERVED_NAMES } from './container-files'
import { copyMeter, copyTree } from './copy-tree'
import { swapFiles, undoSwap } from './swap-files'

/** Where files wait for their places in a container's folder: beside it, under a name that no container has. */
const besideOf = (folder: string): string => join(dirname(folder), `.put-${basename(folder)}`)

/** Where those go meanwhile whose places they take. */
const replacedOf = (folder: string): string => join(besideOf(folder), 'old')

/**
 * A manager died, or failed, while files took their places: the container has those that are kept for it, and else what it had before.
 * @param filesFolder - those that are kept, if there are any
 */
export async function finishFiles(filesFolder: string | undefined, folder: string): Promise<void> {
  if (!existsSync(besideOf(folder))) return
  await undoSwap(replacedOf(folder), folder)
  if (filesFolder !== undefined) await copyTree(filesFolder, folder, folder)
  await rm(besideOf(folder), { recursive: true, force: true })
}

/**
 * Lay the files of `filesFolder` beside a container's folder, on the same file system, so that taking their places is a rename.
 * @throws InvalidArgumentError (302) a file has the name of a folder there, or of a file of ours; nothing is left
 */
export async function stageFiles(place: ConfigPlace, filesFolder: string, folder: string, work: BoardWork): Promise<StagedFiles> {
  const beside = besideOf(folder)
  const names = await readdir(filesFolder)
  for (const name of names) await checkPlace(place, name, folder)
  const fresh = join(beside, 'new')
  const swap = swapFiles(names, { fresh, replaced: replacedOf(folder), folder })
  const dispose = () => rm(beside, { recursive: true, force: true })
  await dispose()
  try {
    await copyTree(filesFolder, fresh, fresh, await copyMeter([filesFolder], work))
  } catch (error) {
    await dispose()
    throw error
  }
  return { ...swap, dispose }
}

async function checkPlace(place: ConfigPlace, name: string, folder: string): Promise<void> {
  if (RESERVED_NAMES.includes(name)) {
    throw configError(
      place,
      'invalidParameter',
      'file_info',
      name,
      "is the name of a file of AICluster's own in the container's folder: rename it",
    )
  }
  const there = await lstat(join(folder, name)).catch(() => undefined)
  if (there?.isDirectory()) {
    throw configError(place, 'invalidParameter', 'file_info', name, "is the name of a folder in the container's folder: rename it")
  }
}
