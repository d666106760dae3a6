import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type ContainerConfig, type CopyEntry, InvalidArgumentError } from '@aicluster/host-sdk'
import { LineCounter, parseDocument } from 'yaml'

/**
 * The container configs of a file: one, or a list. What is in them is checked by the cluster, which names field and value.
 *
 * @throws InvalidArgumentError (301) the file cannot be read; (200) it is neither JSON nor YAML, naming line and column;
 *   (302) it holds something else than configs
 */
export async function readContainerConfigs(path: string): Promise<ContainerConfig[]> {
  const content = parseFile(path, await readText(path))
  const list = Array.isArray(content) ? content : [content]
  const wrong = list.findIndex((item) => typeof item !== 'object' || item === null || Array.isArray(item))
  if (wrong >= 0 || list.length === 0) {
    const which = Array.isArray(content) && list.length > 0 ? `entry ${wrong + 1} is no config` : 'there is no config in it'
    throw new InvalidArgumentError('invalidParameter', {
      detail: `${path}: ${which}; it must hold one container config (an object with a name), or a list of them`,
      details: { file: path },
    })
  }
  return list.map((config) => withAbsolutePaths(config as ContainerConfig, dirname(resolve(path))))
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** @param cause - what the system said */
export function unreadable(path: string, cause: unknown): InvalidArgumentError {
  const { code, message } = cause as NodeJS.ErrnoException
  const reason =
    { ENOENT: 'there is no such file', EACCES: 'you may not read it', EISDIR: 'it is a folder, not a file' }[code ?? ''] ?? message
  return new InvalidArgumentError('configFileUnreadable', { detail: `${path}: ${reason}`, details: { file: path, reason: code }, cause })
}

function parseFile(path: string, text: string): unknown {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const error = document.errors[0] ?? document.warnings[0]
  if (!error) return document.toJS()
  const { line, col } = lineCounter.linePos(error.pos[0])
  throw new InvalidArgumentError('notJson', {
    detail: `${path}:${line}:${col}: ${error.message}`,
    details: { file: path, line, column: col },
  })
}

type Loose = Record<string, unknown>

/** Keys that hold a path on this machine, in both spellings. */
const PATH_KEYS = ['script_path', 'scriptPath', 'image_path', 'imagePath']

/** Relative paths are below the folder of the file that says them: the cluster takes absolute ones only. */
function withAbsolutePaths(config: ContainerConfig, folder: string): ContainerConfig {
  const result: Loose = { ...config }
  for (const key of PATH_KEYS) if (typeof result[key] === 'string' && result[key] !== '') result[key] = resolve(folder, result[key])
  if (Array.isArray(result.copy)) result.copy = result.copy.map((entry) => absoluteCopy(entry, folder))
  else if (typeof result.copy === 'object' && result.copy !== null) result.copy = absoluteCopy(result.copy, folder)
  return result as unknown as ContainerConfig
}

function absoluteCopy(entry: unknown, folder: string): unknown {
  const from = (entry as Partial<CopyEntry> | null)?.From
  return typeof from === 'string' && from !== '' ? { ...(entry as CopyEntry), From: resolve(folder, from) } : entry
}
