import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { split } from 'shlex'

/** Searched where the environment has no PATH at all. */
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin'

/**
 * Program and arguments of a `run_command`. A line is split as a shell does it: quotes and `\\` group and escape, wherever they stand in a
 * word, and go. No shell runs, so `$`, `*`, `|` and `;` are plain characters.
 *
 * @throws Error for a line that has {@link splitProblem}
 */
export const commandWords = (command: string | readonly string[]): string[] => (typeof command === 'string' ? split(command) : [...command])

/** Why a line cannot be split into words, as a message goes on: `has a quote that…`; undefined: it can. */
export function splitProblem(line: string): string | undefined {
  try {
    split(line)
    return undefined
  } catch (error) {
    // One of two reasons; shlex names them in words of its own.
    return /escape/.test(String(error)) ? 'ends with a backslash that escapes nothing' : 'has a quote that is never closed'
  }
}

type Found = 'executable' | 'not-executable' | 'missing'

async function look(path: string): Promise<Found> {
  const stats = await stat(path).catch(() => undefined)
  if (!stats?.isFile()) return 'missing'
  return access(path, constants.X_OK).then(
    () => 'executable',
    () => 'not-executable',
  )
}

/**
 * The file that a program's name stands for, searched as `execvp` does it; a relative path is meant from `folder`.
 *
 * @param path - the PATH of the program's own environment
 * @throws Error naming program and cure: not found, or not executable
 */
export async function findProgram(name: string, folder: string, path: string | undefined): Promise<string> {
  const searched = path ?? DEFAULT_PATH
  const candidates = name.includes('/')
    ? [resolve(folder, name)]
    : name === ''
      ? []
      : searched.split(':').map((entry) => join(resolve(folder, entry), name))
  let blocked: string | undefined
  for (const candidate of candidates) {
    const found = await look(candidate)
    if (found === 'executable') return candidate
    if (found === 'not-executable') blocked ??= candidate
  }
  const shown = JSON.stringify(name)
  if (blocked !== undefined) {
    throw new Error(
      `program ${shown} (${blocked}) is not executable: chmod +x it, or name its interpreter in run_command, as in "node main.js"`,
    )
  }
  if (isAbsolute(name)) throw new Error(`program ${shown} does not exist: install it, or correct run_command`)
  if (name.includes('/')) {
    throw new Error(`program ${shown} does not exist in the container's folder: put it below script_path, or correct run_command`)
  }
  throw new Error(`program ${shown} was not found in PATH (${searched}): install it, or write its full path in run_command`)
}

/** A module's name, as after `python -m`, is none. */
const PROGRAM_FILE = /\/|\.(?:[cm]?[jt]s|py|sh|rb|pl|jar)$/

/**
 * Whether the first argument of a command seems to name a file that is not there: whoever writes `node main.js` has often forgotten
 * that a container does not run where he is.
 */
export async function absentFile([, ...args]: readonly string[], folder: string): Promise<string | undefined> {
  const first = args.find((word) => !word.startsWith('-'))
  if (first === undefined || !PROGRAM_FILE.test(first) || first.includes('://')) return undefined
  const isThere = await stat(resolve(folder, first)).catch(() => undefined)
  if (isThere) return undefined
  const where = isAbsolute(first) ? 'does not exist' : "is not in the container's folder, in which its program runs"
  return `${JSON.stringify(first)} of run_command ${where}: script_path or copy bring files there, or give the full path of one`
}
