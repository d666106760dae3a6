import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { type CommandInput, type CommandName, namedPaths, type OfferedFile } from '@aicluster/protocol'

/** Commands that name files of this machine. */
export type FileCommand = CommandInput<'load_inference'> | CommandInput<'put_file'>

/** What a command names for one inference. */
export interface NamedFiles {
  inferenceName: string
  paths: string[]
}

/** Whether a command is to be sent by way of its files. */
export const namesFiles = (command: CommandInput<CommandName>): command is FileCommand =>
  (command.cmd === 'load_inference' || command.cmd === 'put_file') && namedFiles(command).length > 0

/** The paths of a command, by inference, each once; those that are none are left to the manager, which refuses them. */
export function namedFiles(command: FileCommand): NamedFiles[] {
  const seen = new Set<string>()
  const own = (paths: readonly unknown[]) =>
    paths.filter(
      (path): path is string =>
        typeof path === 'string' && isAbsolute(path) && !path.includes('\0') && !seen.has(path) && seen.add(path) !== undefined,
    )
  const all =
    command.cmd === 'put_file'
      ? [{ inferenceName: command.inference_name, paths: own(Object.values(command.file_info ?? {}).flat()) }]
      : (Array.isArray(command.container_config) ? command.container_config : []).map((config) => ({
          inferenceName: String((config as { name?: unknown } | null)?.name ?? ''),
          paths: own(namedPaths(config).map(({ path }) => path)),
        }))
  return all.filter(({ paths }) => paths.length > 0)
}

/** What stands at a path here, for the manager to compare with what it sees. */
export async function offerOf(path: string, command: FileCommand): Promise<OfferedFile> {
  try {
    const stats = await stat(path, { bigint: true })
    if (stats.isDirectory() && mustBeFile(path, command)) return { path, unreadable: 'is a folder, not a file' }
    if (!stats.isDirectory() && !stats.isFile()) return { path, unreadable: 'is neither a file nor a folder' }
    await access(path, stats.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK)
    const { dev, ino, size, mtimeNs, ctimeNs } = stats
    const seen = { dev: `${dev}`, ino: `${ino}`, size: `${size}`, mtime_ns: `${mtimeNs}`, ctime_ns: `${ctimeNs}` }
    return { path, seen }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { path, unreadable: REASONS[code ?? ''] ?? `cannot be read (${code ?? (error as Error).message})` }
  }
}

/** What is put, and an image: a folder with everything in it would travel in vain. */
const mustBeFile = (path: string, command: FileCommand): boolean =>
  command.cmd === 'put_file' ||
  command.container_config.some((config) => namedPaths(config).some((named) => named.path === path && named.field.startsWith('image_')))

const REASONS: Record<string, string> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by the application',
  EPERM: 'may not be read by the application',
}
