import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** A process that is not mistaken for a later one with the same number. */
export interface ProcessIdentity {
  /** Also the number of its process group: our programs lead theirs. */
  pid: number
  /** Linux: clock ticks since boot (field 22 of `/proc/<pid>/stat`), `@`, id of the boot. Elsewhere: what `ps -o lstart=` prints. */
  startTime: string
}

/** What we read of `/proc/<pid>/stat`. */
export interface ProcessStat {
  /** `Z` and `X` have ended and only wait for their parent to hear of it. */
  state: string
  processGroup: number
  /** Clock ticks (100 a second on every Linux we know) in user and in system mode. */
  cpuTicks: number
  startTicks: string
}

const HAS_PROC = existsSync('/proc/self/stat')

let bootId: string | undefined
const boot = (): string => {
  try {
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    bootId = ''
  }
  return bootId
}

/** `undefined` where there is no such process (or no /proc). */
export function readStat(pid: number): ProcessStat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The second field is the program's name in parentheses: it may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (number: number): string => fields[number - 3] ?? ''
  return { state: field(3), processGroup: Number(field(5)), cpuTicks: Number(field(14)) + Number(field(15)), startTicks: field(22) }
}

const hasEnded = (stat: ProcessStat): boolean => stat.state === 'Z' || stat.state === 'X'

/** A start time must read the same to every manager, whatever its language and time zone. */
const PS_ENVIRONMENT = { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' }

const ps = (pid: number, column: string): string => {
  try {
    const options: ExecFileSyncOptionsWithStringEncoding = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: PS_ENVIRONMENT }
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], options).trim()
  } catch {
    return ''
  }
}

/** Numbers of all processes; none where there is no /proc. */
export const processNumbers = (): number[] =>
  HAS_PROC
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
    : []

/** Start time of whatever has the number now, ended or not; `undefined` when nothing has it. */
export function startTimeOf(pid: number): string | undefined {
  if (!HAS_PROC) return ps(pid, 'lstart') || undefined
  const stat = readStat(pid)
  return stat && `${stat.startTicks}@${boot()}`
}

/** Whether exactly this process still runs. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  if (startTimeOf(pid) !== startTime) return false
  if (!HAS_PROC) return !ps(pid, 'stat').startsWith('Z')
  const stat = readStat(pid)
  return stat !== undefined && !hasEnded(stat)
}

/**
 * Send `signal` to the process and everything it started in its group.
 *
 * Nothing is sent when the number belongs to another process by now. When it belongs to none, what remains of the group
 * still is ours (the kernel gives the number to nobody else before the group is empty), provided that the caller saw the process alive.
 */
export function signalGroup({ pid, startTime }: ProcessIdentity, signal: NodeJS.Signals): void {
  // kill(-1) would reach every process of the user.
  if (!Number.isInteger(pid) || pid <= 1) return
  const now = startTimeOf(pid)
  if (now !== undefined && now !== startTime) return
  try {
    process.kill(-pid, signal)
  } catch {
    // ESRCH: it is gone. EPERM: it changed its user; the caller notices that it stays.
  }
}

/** Whether anything of the process's group still runs; what has ended and was not waited for does not count. */
export function groupRemains({ pid, startTime }: ProcessIdentity): boolean {
  const now = startTimeOf(pid)
  if (now !== undefined && now !== startTime) return false
  try {
    process.kill(-pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  if (!HAS_PROC) return true
  return processNumbers().some((number) => {
    const stat = readStat(number)
    return stat !== undefined && stat.processGroup === pid && !hasEnded(stat)
  })
}
