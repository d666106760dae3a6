import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { basename, isAbsolute } from 'node:path'
import { type CommandOf, clusterError } from '@aicluster/protocol'

/** A file that a `put_file` command names. */
export interface GivenFile {
  field: string
  path: string
  /** Where the manager reads it: where it lies, or what was sent. */
  from: string
  /** What it is called in the container's folder. */
  name: string
}

type FileInfo = CommandOf<'put_file'>['file_info']

/** The files of a `put_file` command, as they stand there. */
export const namedFiles = (info: FileInfo): GivenFile[] =>
  Object.entries(info).flatMap(([key, paths]) =>
    [paths ?? []].flat().map((path) => ({ field: `file_info.${key}`, path, from: path, name: basename(path) })),
  )

/**
 * The files of a `put_file` command, no two of one name. Whether they are there nobody has looked.
 * @throws InvalidArgumentError (201) there is none; (302) a path is not absolute, or ends in no file's name; two have one name
 */
export function givenFiles(info: FileInfo): GivenFile[] {
  const files = namedFiles(info)
  if (files.length === 0) {
    throw clusterError('requiredKeyMissing', {
      detail: 'file_info names no file: give script, model or other',
      details: { field: 'file_info' },
    })
  }
  const byName = new Map<string, GivenFile>()
  for (const file of files) {
    if (!isAbsolute(file.path)) throw refuse(file, "must be an absolute path on the application's machine")
    if (file.path.includes('\0')) throw refuse(file, 'holds a NUL character')
    // Its name is joined to folders, in which what has this name is replaced.
    if (['', '.', '..'].includes(file.name)) throw refuse(file, 'must end in the name of a file')
    const twin = byName.get(file.name)
    if (twin) throw refuse(file, `has the same name as ${twin.path}: both would be ${file.name} in the container's folder`)
    byName.set(file.name, file)
  }
  return files
}

/** @throws InvalidArgumentError (301) it cannot be opened */
export async function requireReadable(file: GivenFile): Promise<void> {
  try {
    const stats = await stat(file.from)
    if (!stats.isFile()) throw unreadable(file, stats.isDirectory() ? 'is a folder, not a file' : 'is not a file')
    await access(file.from, constants.R_OK)
  } catch (error) {
    throw asUnreadable(file, error)
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by the manager',
  EPERM: 'may not be read by the manager',
}

/** What went wrong with the file, as 301 where it is the file's own fault. */
export function asUnreadable(file: GivenFile, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (typeof code !== 'string' || (error as NodeJS.ErrnoException).path !== file.from) return error
  return unreadable(file, REASONS[code] ?? `cannot be read (${code})`)
}

/** @param reason - `does not exist` */
export const unreadable = ({ field, path }: Pick<GivenFile, 'field' | 'path'>, reason: string) =>
  clusterError('configFileUnreadable', { detail: `${field}: ${path} ${reason}`, details: { field, value: path } })

const refuse = ({ field, path }: GivenFile, rule: string) =>
  clusterError('invalidParameter', { detail: `${field} is ${JSON.stringify(path)}, it ${rule}`, details: { field, value: path } })
