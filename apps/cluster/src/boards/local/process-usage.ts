import { readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import type { ContainerRuntime } from '../board'
import { readStat } from './process-identity'

const MS_PER_TICK = 10
/** Below this many ms between two calls the ticks are too coarse: the last value stands. */
const MIN_INTERVAL_MS = 100

export type ProcessUsage = Pick<ContainerRuntime, 'cpuPercent' | 'memoryBytes' | 'memoryPercent' | 'readBytes' | 'writtenBytes'>

const NOTHING: ProcessUsage = { cpuPercent: null, memoryBytes: null, memoryPercent: null, readBytes: null, writtenBytes: null }

const numberAfter = (text: string | undefined, label: string): number | null => {
  const match = text?.match(new RegExp(`^${label}:\\s+(\\d+)`, 'm'))
  return match ? Number(match[1]) : null
}

const textOf = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined)

/**
 * What one process uses, from /proc; all `null` where there is none (macOS).
 *
 * The process's own children are not counted: a program that computes in child processes shows less than it uses.
 */
export class UsageMeter {
  readonly #pid: number
  #atMs: number
  #ticks = 0
  #cpuPercent: number | null = null

  /** @param startedAtMs - when it was started: the first CPU value is the average since then */
  constructor(pid: number, startedAtMs: number) {
    this.#pid = pid
    this.#atMs = startedAtMs
  }

  /** `cpuPercent` is the share of one core since the last call: 200 is two cores busy. */
  async read(nowMs: number): Promise<ProcessUsage> {
    const stat = readStat(this.#pid)
    if (!stat) return NOTHING
    const interval = nowMs - this.#atMs
    if (interval >= MIN_INTERVAL_MS || this.#cpuPercent === null) {
      this.#cpuPercent = (100 * (stat.cpuTicks - this.#ticks) * MS_PER_TICK) / Math.max(interval, MIN_INTERVAL_MS)
      this.#atMs = nowMs
      this.#ticks = stat.cpuTicks
    }
    const cpuPercent = this.#cpuPercent
    const [status, io] = await Promise.all([textOf(`/proc/${this.#pid}/status`), textOf(`/proc/${this.#pid}/io`)])
    const kilobytes = numberAfter(status, 'VmRSS')
    const memoryBytes = kilobytes === null ? null : kilobytes * 1024
    return {
      cpuPercent,
      memoryBytes,
      memoryPercent: memoryBytes === null ? null : (100 * memoryBytes) / totalmem(),
      readBytes: numberAfter(io, 'read_bytes'),
      writtenBytes: numberAfter(io, 'write_bytes'),
    }
  }
}
