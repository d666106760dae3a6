import type { BoardTelemetryView } from '@aicluster/protocol'
import { fromWire } from '../config/wire-names'

/** How a GPU of a board is doing. What it does not tell is null. A Jetson's shares the board's memory. Ours. */
export interface GpuTelemetry {
  /** Its number on the board. */
  index: number
  /** Its model. */
  name: string
  /** 0 to 100. */
  usePercent: number | null
  /** In bytes. */
  memoryUsedBytes: number | null
  /** In bytes. */
  memoryTotalBytes: number | null
  /** In degrees Celsius. */
  temperatureCelsius: number | null
}

/** How a board is doing. What it does not tell is null. Ours. */
export interface BoardTelemetry {
  /** When it was read, ISO 8601, by the manager's clock. */
  at: string
  /** Processors. */
  cpus: number | null
  /** Processes that run or wait to run, on average over 1, 5 and 15 minutes. */
  load: readonly [number, number, number] | null
  /** Memory, in bytes. */
  memoryTotalBytes: number | null
  /** What programs hold, without caches. */
  memoryUsedBytes: number | null
  /** Size of the file system of `/` there (on a local board: of the manager's state folder), in bytes. */
  diskTotalBytes: number | null
  /** Room there, in bytes. */
  diskFreeBytes: number | null
  /** The hottest sensor. */
  temperatureCelsius: number | null
  /** One entry for each GPU that tells of itself. */
  gpus: readonly GpuTelemetry[]
}

export const telemetryOf = (view: BoardTelemetryView): BoardTelemetry => fromWire(view) as BoardTelemetry
