import { stat } from 'node:fs/promises'
import { basename, isAbsolute, normalize, posix, resolve } from 'node:path'
import { AIClusterError, type CopyEntry } from '@aicluster/protocol'
import { isWithin } from '@aicluster/transport'
import type { BoardWork, ContainerSpec } from '../board'
import { type ConfigPlace, configError } from '../local/container-errors'
import { copyEntries } from '../local/container-files'
import type { Machine } from '../machine'
import type { ContainerFolders } from './container-folders'
import { removeFolder } from './remove-folder'

/** One thing to bring, and the field of the config that names it. */
interface Source {
  field: string
  from: string
  to: string
}

/** The `copy` entries that go into the container's own file system, not into its folder. */
export const absoluteCopies = (spec: ContainerSpec): { entry: CopyEntry; field: string }[] =>
  copyEntries(spec.config)
    .map((entry, index) => ({ entry, field: `copy[${index}]` }))
    .filter(({ entry }) => isAbsolute(entry.To))

/**
 * Make a container's folder anew: the files of `script_path`, the relative `copy` entries over them, files that were put over all of it.
 *
 * @throws InvalidArgumentError (301) naming what cannot be read; SshConnectionError (500)
 */
export async function makeAppFolder(
  place: ConfigPlace,
  machine: Machine,
  spec: ContainerSpec,
  folders: ContainerFolders,
  work: BoardWork,
): Promise<void> {
  const { files } = machine
  await removeFolder(machine, folders.root)
  await removeFolder(machine, folders.beside)
  await files.makeFolder(folders.root, 0o755)
  await files.makeFolder(folders.app, 0o755)
  const script = spec.config.script_path ?? undefined
  if (script !== undefined) await bring(place, files, { field: 'script_path', from: script, to: folders.app }, work)
  for (const [index, entry] of copyEntries(spec.config).entries()) {
    if (!isAbsolute(entry.To)) await bring(place, files, await copySource(place, files, folders.app, entry, `copy[${index}]`), work)
  }
  if (spec.filesFolder !== undefined) await files.bring(spec.filesFolder, folders.app, work)
  await files.write(folders.instance, Buffer.from(spec.instance), { mode: 0o644 })
}

/**
 * As on a local board: a folder's content goes into `To`; a file becomes `To`, or goes into it when that is a folder.
 * @throws InvalidArgumentError (302) `To` leads out of the container's folder: what a bring finds in its way it deletes
 */
async function copySource(
  place: ConfigPlace,
  files: Machine['files'],
  app: string,
  { From, To }: CopyEntry,
  field: string,
): Promise<Source> {
  const to = posix.join(app, normalize(To)).replace(/\/+$/, '')
  const fromFolder = await stat(From).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  const into = !fromFolder && (To.endsWith('/') || (await files.kind(to)) === 'folder')
  const target = into ? posix.join(to, basename(resolve(From))) : to
  if (!isWithin(target, app) || (!fromFolder && target === app)) {
    throw configError(place, 'invalidParameter', `${field}.To`, To, "must stay below the container's folder")
  }
  return { field: `${field}.From`, from: From, to: target }
}

/** Errors of the file itself name the field it comes from. */
async function bring(place: ConfigPlace, files: Machine['files'], { field, from, to }: Source, work: BoardWork): Promise<void> {
  try {
    await files.bring(from, to, work)
  } catch (error) {
    if (!(error instanceof AIClusterError) || (error.code !== 301 && error.code !== 302)) throw error
    throw configError(
      place,
      error.code === 301 ? 'configFileUnreadable' : 'invalidParameter',
      field,
      from,
      `cannot be brought: ${error.message}`,
    )
  }
}
