import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const HAS_PROC = existsSync('/proc/self/stat')

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** Whether a process runs. One that has ended and only waits for its parent to hear of it does not. */
export function runs(pid: number): boolean {
  if (HAS_PROC) {
    const stat = textOf(`/proc/${pid}/stat`)
    const state = stat.charAt(stat.lastIndexOf(')') + 2)
    return state !== '' && state !== 'Z' && state !== 'X'
  }
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Pids that the containers below a manager's state folder were recorded with. */
const recordedPids = (state: string): number[] => {
  const boards = join(state, 'boards')
  if (!existsSync(boards)) return []
  return readdirSync(boards, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('process.json'))
    .flatMap((path) => /"pid":\s*(\d+)/.exec(textOf(join(boards, path)))?.[1] ?? [])
    .map(Number)
}

/**
 * Every process that belongs to a world: its folder is named in the process's arguments or environment (manager, containers).
 * Where there is no /proc: those on record that still run.
 */
export function processesOf(folder: string): number[] {
  if (!HAS_PROC) return recordedPids(join(folder, 's')).filter(runs)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && (textOf(`/proc/${pid}/environ`) + textOf(`/proc/${pid}/cmdline`)).includes(folder))
    .filter(runs)
}
