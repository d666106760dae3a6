import { constants } from 'node:fs'
import { access, readdir, stat } from 'node:fs/promises'
import { basename, isAbsolute, join, normalize } from 'node:path'
import type { ContainerConfig } from '@aicluster/protocol'
import { type ConfigPlace, configError } from './container-errors'
import { copyEntries } from './container-files'
import { commandWords, splitProblem } from './program'

/** What differs from one kind of container to another. */
export interface SourceRules {
  /** Names in the container's folder that are ours. */
  reserved: readonly string[]
  /** Whether `copy.To` may be an absolute path, inside the container's own file system. */
  absoluteCopies: boolean
}

/** `null`, left out, one or many: always a list. */
const list = <T>(value: T | readonly T[] | null | undefined): readonly T[] =>
  value === null || value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T]

/**
 * Whether everything that a container's folder is made from can be read.
 * @throws InvalidArgumentError (302) naming board, field and value; (301) a file that cannot be read; (201) a missing key
 */
export async function checkSources(place: ConfigPlace, config: ContainerConfig, rules: SourceRules): Promise<void> {
  await checkScripts(place, config, rules)
  await checkCopy(place, config, rules)
}

/** @throws InvalidArgumentError (302) a command that cannot be split, or given to a program */
export function checkCommandWords(place: ConfigPlace, command: string | string[]): void {
  const problem = typeof command === 'string' ? splitProblem(command) : undefined
  if (problem !== undefined) {
    throw configError(place, 'invalidParameter', 'run_command', command, `${problem}: correct that, or give a list of words`)
  }
  if (commandWords(command).some((word) => word.includes('\0'))) {
    throw configError(place, 'invalidParameter', 'run_command', command, 'holds a NUL character, which no argument can')
  }
}

/** @throws InvalidArgumentError (302) a value that no variable can have */
export function checkEnvironment(place: ConfigPlace, config: ContainerConfig): void {
  for (const [name, value] of Object.entries(config.env ?? {})) {
    // The value may be confidential: it is not shown.
    if (value.includes('\0'))
      throw configError(place, 'invalidParameter', `env.${name}`, undefined, 'holds a NUL character, which no variable can')
  }
}

async function checkReadable(place: ConfigPlace, field: string, value: string, path: string): Promise<'directory' | 'file'> {
  try {
    const stats = await stat(path)
    await access(path, stats.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK)
    if (stats.isDirectory()) return 'directory'
    if (stats.isFile()) return 'file'
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const why = code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read by the manager' : `cannot be read (${code})`
    throw configError(place, 'configFileUnreadable', field, value, path === value ? why : `(${path}) ${why}`)
  }
  throw configError(place, 'configFileUnreadable', field, value, 'is neither a file nor a folder')
}

function checkAbsolute(place: ConfigPlace, field: string, value: string): void {
  if (!isAbsolute(value))
    throw configError(place, 'invalidParameter', field, value, "must be an absolute path on the application's machine")
}

/** @throws (302) for a place in a container's own file system that nothing may be copied to */
function checkInside(place: ConfigPlace, field: string, value: string): void {
  if (value.split('/').includes('..')) throw configError(place, 'invalidParameter', field, value, 'must not hold ".."')
  if (value.includes('\0')) throw configError(place, 'invalidParameter', field, value, 'holds a NUL character')
  if (/^\/+(proc|sys|dev|run\/aicluster)(\/|$)/.test(normalize(value))) {
    throw configError(place, 'invalidParameter', field, value, 'is a place that is not of the image: choose another one')
  }
}

/** @throws (302) for a path that does not stay below the folder it is relative to */
function checkRelative(place: ConfigPlace, field: string, value: string, folder: string): void {
  if (isAbsolute(value)) throw configError(place, 'invalidParameter', field, value, `must be relative to ${folder}, not absolute`)
  if (value.split('/').includes('..'))
    throw configError(place, 'invalidParameter', field, value, `must stay below ${folder}: ".." is not allowed`)
  if (value.includes('\0')) throw configError(place, 'invalidParameter', field, value, 'holds a NUL character')
}

function checkNotReserved(place: ConfigPlace, field: string, value: string, names: readonly string[], reserved: readonly string[]): void {
  const taken = names.find((name) => reserved.includes(name))
  if (taken === undefined) return
  const cure = `would put "${taken}" into the container's folder, where AICluster keeps its own "${taken}": rename or move it`
  throw configError(place, 'invalidParameter', field, value, cure)
}

async function checkScripts(place: ConfigPlace, config: ContainerConfig, { reserved }: SourceRules): Promise<void> {
  const folder = config.script_path
  if (folder !== null && folder !== undefined) {
    checkAbsolute(place, 'script_path', folder)
    if ((await checkReadable(place, 'script_path', folder, folder)) !== 'directory') {
      throw configError(place, 'configFileUnreadable', 'script_path', folder, 'is not a folder')
    }
    checkNotReserved(place, 'script_path', folder, await readdir(folder), reserved)
  }
  for (const [index, module] of list(config.inference_modules).entries()) {
    for (const key of ['script', 'model'] as const) {
      const field = `inference_modules[${index}].${key}`
      for (const file of list<string>(module[key])) {
        if (folder === null || folder === undefined) {
          throw configError(
            place,
            'requiredKeyMissing',
            'script_path',
            undefined,
            `is required: ${field} ${JSON.stringify(file)} is looked for below it`,
          )
        }
        checkRelative(place, field, file, 'script_path')
        await checkReadable(place, field, file, join(folder, file))
      }
    }
  }
}

async function checkCopy(place: ConfigPlace, config: ContainerConfig, { reserved, absoluteCopies }: SourceRules): Promise<void> {
  for (const [index, { From, To }] of copyEntries(config).entries()) {
    checkAbsolute(place, `copy[${index}].From`, From)
    const kind = await checkReadable(place, `copy[${index}].From`, From, From)
    const field = `copy[${index}].To`
    if (absoluteCopies && isAbsolute(To)) {
      checkInside(place, field, To)
      continue
    }
    checkRelative(place, field, To, "the container's folder")
    const first = normalize(To).split('/')[0] ?? ''
    const names = first !== '.' && first !== '' ? [first] : kind === 'directory' ? await readdir(From) : [basename(From)]
    checkNotReserved(place, field, To, names, reserved)
  }
}
