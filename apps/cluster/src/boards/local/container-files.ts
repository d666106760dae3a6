import { lstat, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, normalize, resolve } from 'node:path'
import { AIClusterError, type ContainerConfig, type CopyEntry } from '@aicluster/protocol'
import { isWithin } from '@aicluster/transport'
import type { BoardWork, ContainerSpec } from '../board'
import { type ConfigPlace, configError } from './container-errors'
import { type CopyMeter, copyMeter, copyTree } from './copy-tree'
import { RECORD_FILE } from './process-record'

export const TOKEN_FILE = 'token'
export const CURVE_FILE = 'curve.json'

/** Names in a container's folder that are ours. */
export const RESERVED_NAMES = [TOKEN_FILE, `${TOKEN_FILE}.new`, CURVE_FILE, `${CURVE_FILE}.new`, 'log', RECORD_FILE, `${RECORD_FILE}.new`]

export const copyEntries = (config: ContainerConfig): readonly CopyEntry[] =>
  config.copy === null || config.copy === undefined ? [] : Array.isArray(config.copy) ? config.copy : [config.copy]

/** Errors of reading somebody's file. Others (a full disk) are ours and pass as they are. */
const UNREADABLE = new Set(['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG'])

async function copyField(place: ConfigPlace, field: string, value: string, to: string, folder: string, meter: CopyMeter): Promise<void> {
  try {
    const from = await realpath(value)
    if (isWithin(await realpath(folder), from)) {
      throw configError(
        place,
        'invalidParameter',
        field,
        value,
        "contains the container's folder itself: name a folder outside the cluster's state",
      )
    }
    await copyTree(from, to, folder, meter)
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (error instanceof AIClusterError || !UNREADABLE.has(code ?? '')) throw error
    throw configError(place, 'configFileUnreadable', field, value, `cannot be copied: ${path ?? value} (${code})`)
  }
}

/** Makes the folders above `target`, one by one, refusing those that a link leads elsewhere. */
async function makeParents(place: ConfigPlace, field: string, to: string, folder: string): Promise<void> {
  let parent = folder
  for (const part of dirname(to).split('/')) {
    if (part === '.' || part === '') continue
    parent = join(parent, part)
    const there = await lstat(parent).catch(() => undefined)
    if (!there) await mkdir(parent, { mode: 0o700 })
    else if (!there.isDirectory()) {
      throw configError(
        place,
        'invalidParameter',
        field,
        to,
        `leads through "${part}", which is a link or a file in the container's folder`,
      )
    }
  }
}

/**
 * A `copy` entry: a folder's content goes into the folder `To`. A file becomes `To`, or goes into it under its own name
 * when `To` ends with a slash or is a folder already.
 */
async function copyEntry(place: ConfigPlace, field: string, entry: CopyEntry, folder: string, meter: CopyMeter): Promise<void> {
  let to = normalize(entry.To).replace(/\/+$/, '')
  const fromFolder = await stat(entry.From).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  const toFolder = entry.To.endsWith('/') || (await lstat(join(folder, to)).catch(() => undefined))?.isDirectory() === true
  if (!fromFolder && toFolder) to = join(to, basename(resolve(entry.From)))
  await makeParents(place, `${field}.To`, to, folder)
  await copyField(place, `${field}.From`, entry.From, join(folder, to), folder, meter)
}

/**
 * Make the container's folder (0700) anew: the files of `script_path`, the `copy` entries over them, the token.
 * Files that were put later lie over all of it.
 *
 * @throws InvalidArgumentError (301) naming what cannot be read; (302) a place that `copy` may not write to
 */
export async function makeContainerFolder(board: string, spec: ContainerSpec, folder: string, work: BoardWork = {}): Promise<void> {
  const place: ConfigPlace = { board, name: spec.config.name }
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const scripts = spec.config.script_path ?? undefined
  const sources = [scripts, ...copyEntries(spec.config).map(({ From }) => From), spec.filesFolder].filter((path) => path !== undefined)
  const meter = await copyMeter(sources, work)
  if (scripts !== undefined) await copyField(place, 'script_path', scripts, folder, folder, meter)
  for (const [index, entry] of copyEntries(spec.config).entries()) await copyEntry(place, `copy[${index}]`, entry, folder, meter)
  if (spec.filesFolder !== undefined) await copyTree(spec.filesFolder, folder, folder, meter)
  await writeSecrets(folder, spec)
}

/** What the container proves itself with: files of mode 0400, each replaced as a whole. */
export async function writeSecrets(folder: string, { token, curve }: Pick<ContainerSpec, 'token' | 'curve'>): Promise<void> {
  await writeSecret(folder, TOKEN_FILE, token)
  if (curve === undefined) await rm(join(folder, CURVE_FILE), { force: true })
  else await writeSecret(folder, CURVE_FILE, curve)
}

async function writeSecret(folder: string, name: string, content: string): Promise<void> {
  const temporary = join(folder, `${name}.new`)
  await rm(temporary, { force: true })
  await writeFile(temporary, content, { mode: 0o400, flag: 'wx' })
  await rename(temporary, join(folder, name))
}
