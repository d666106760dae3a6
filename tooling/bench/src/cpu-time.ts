import { readFileSync } from 'node:fs'

/** Linux counts it in ticks of 10 ms, on every machine that Node runs on. */
const TICK_US = 10_000
/** Where user and system time stand behind the program's name in /proc/PID/stat. */
const USER_FIELD = 11

/** CPU time of a process since its start, all threads, in µs; NaN where the system does not tell (no /proc). */
function cpuTimeUs(pid: number): number {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return Number.NaN
  }
  // The name may hold spaces and brackets; what follows its last bracket are numbers.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER_FIELD]) + Number(fields[USER_FIELD + 1])) * TICK_US
}

export const cpuTimesUs = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuTimeUs(pid), 0)
