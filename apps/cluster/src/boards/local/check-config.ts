import { constants } from 'node:fs'
import { access, readdir, stat } from 'node:fs/promises'
import { basename, isAbsolute, join, normalize } from 'node:path'
import type { ContainerConfig } from '@aicluster/protocol'
import { type ConfigPlace, configError } from './container-errors'
import { copyEntries, RESERVED_NAMES } from './container-files'
import { commandWords, hasOpenQuote } from './program'

/** `null`, left out, one or many: always a list. */
const list = <T>(value: T | readonly T[] | null | undefined): readonly T[] =>
  value === null || value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T]

/** Keys that only mean something with an image. */
const IMAGE_KEYS = ['image_path', 'image_filename', 'run_option'] as const

/**
 * Whether a local board can run such a container. Reads file attributes, changes nothing.
 *
 * @throws InvalidArgumentError (302) naming board, field and value; (301) a file that cannot be read; (201) a missing key
 */
export async function checkConfig(board: string, config: ContainerConfig): Promise<void> {
  const place: ConfigPlace = { board, name: config.name }
  checkType(place, config)
  checkCommand(place, config)
  checkEnvironment(place, config)
  await checkScripts(place, config)
  await checkCopy(place, config)
}

function checkType(place: ConfigPlace, config: ContainerConfig): void {
  const type = config.implementation_type ?? 'docker'
  if (type !== 'other') {
    const cure = `cannot run on this board: its driver is local, which runs plain processes (implementation_type "other"). Use an ssh board for ${type}`
    throw configError(place, 'invalidParameter', 'implementation_type', type, cure)
  }
  for (const key of IMAGE_KEYS) {
    const value = config[key]
    if (value !== null && value !== undefined) {
      throw configError(
        place,
        'invalidParameter',
        key,
        value,
        'belongs to implementation_type "docker" or "nvidia": leave it out with "other"',
      )
    }
  }
}

function checkCommand(place: ConfigPlace, config: ContainerConfig): void {
  const command = config.run_command
  if (command === null || command === undefined || !commandWords(command)[0]) {
    const cure = 'is required with implementation_type "other": give the program and its arguments'
    throw configError(place, 'requiredKeyMissing', 'run_command', command ?? undefined, cure)
  }
  if (typeof command === 'string' && hasOpenQuote(command)) {
    throw configError(
      place,
      'invalidParameter',
      'run_command',
      command,
      'has a quote that is never closed: close it, or give a list of words',
    )
  }
  if (commandWords(command).some((word) => word.includes('\0'))) {
    throw configError(place, 'invalidParameter', 'run_command', command, 'holds a NUL character, which no argument can')
  }
}

function checkEnvironment(place: ConfigPlace, config: ContainerConfig): void {
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

/** @throws (302) for a path that does not stay below the folder it is relative to */
function checkRelative(place: ConfigPlace, field: string, value: string, folder: string): void {
  if (isAbsolute(value)) throw configError(place, 'invalidParameter', field, value, `must be relative to ${folder}, not absolute`)
  if (value.split('/').includes('..'))
    throw configError(place, 'invalidParameter', field, value, `must stay below ${folder}: ".." is not allowed`)
  if (value.includes('\0')) throw configError(place, 'invalidParameter', field, value, 'holds a NUL character')
}

function checkNotReserved(place: ConfigPlace, field: string, value: string, names: readonly string[]): void {
  const taken = names.find((name) => RESERVED_NAMES.includes(name))
  if (taken === undefined) return
  const cure = `would put "${taken}" into the container's folder, where AICluster keeps its own "${taken}": rename or move it`
  throw configError(place, 'invalidParameter', field, value, cure)
}

async function checkScripts(place: ConfigPlace, config: ContainerConfig): Promise<void> {
  const folder = config.script_path
  if (folder !== null && folder !== undefined) {
    checkAbsolute(place, 'script_path', folder)
    if ((await checkReadable(place, 'script_path', folder, folder)) !== 'directory') {
      throw configError(place, 'configFileUnreadable', 'script_path', folder, 'is not a folder')
    }
    checkNotReserved(place, 'script_path', folder, await readdir(folder))
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

async function checkCopy(place: ConfigPlace, config: ContainerConfig): Promise<void> {
  for (const [index, { From, To }] of copyEntries(config).entries()) {
    checkAbsolute(place, `copy[${index}].From`, From)
    const kind = await checkReadable(place, `copy[${index}].From`, From, From)
    const field = `copy[${index}].To`
    checkRelative(place, field, To, "the container's folder")
    const first = normalize(To).split('/')[0] ?? ''
    const names = first !== '.' && first !== '' ? [first] : kind === 'directory' ? await readdir(From) : [basename(From)]
    checkNotReserved(place, field, To, names)
  }
}
