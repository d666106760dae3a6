import { readFileSync } from 'node:fs'
import { tokenVariable } from './child-environment'
import { type ProcessIdentity, processNumbers, readStat, startTimeOf } from './process-identity'

/**
 * The programs that were started in this container's folder and still run, recorded or not: a manager may have been killed between a
 * program's start and its record. What they have started themselves is not listed: it is of their process group.
 *
 * @returns none where there is no /proc
 */
export function programsOf(folder: string): ProcessIdentity[] {
  const mark = Buffer.from(`\0${tokenVariable(folder)}\0`)
  return processNumbers().flatMap((pid) => {
    if (readStat(pid)?.processGroup !== pid || !environmentOf(pid).includes(mark)) return []
    const startTime = startTimeOf(pid)
    return startTime === undefined ? [] : [{ pid, startTime }]
  })
}

/** Empty for what has ended, and for other users' processes. */
function environmentOf(pid: number): Buffer {
  try {
    return Buffer.concat([Buffer.of(0), readFileSync(`/proc/${pid}/environ`)])
  } catch {
    return Buffer.alloc(0)
  }
}
