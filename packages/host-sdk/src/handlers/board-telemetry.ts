import type { BoardTelemetryView } from '@aicluster/protocol'
import { fromWire } from '../config/wire-names'

/** How a GPU of a board is doing. What it does not tell is null. A Jetson's shares the board's memory. Ours. */
export interface GpuTelemetry {
  index: number
  name: string
  /** 0 to 100. */
  usePercent: number | null
  memoryUsedBytes: number | null
  memoryTotalBytes: number | null
  temperatureCelsius: number | null
}

/** How a board is doing. What it does not tell is null. Ours. */
export interface BoardTelemetry {
  /** When it was read, ISO 8601, by the manager's clock. */
  at: string
  cpus: number | null
  /** Processes that run or wait to run, on average over 1, 5 and 15 minutes. */
  load: readonly [number, number, number] | null
  memoryTotalBytes: number | null
  /** What programs hold, without caches. */
  memoryUsedBytes: number | null
  diskTotalBytes: number | null
  diskFreeBytes: number | null
  /** The hottest sensor. */
  temperatureCelsius: number | null
  gpus: readonly GpuTelemetry[]
}

export const telemetryOf = (view: BoardTelemetryView): BoardTelemetry => fromWire(view) as BoardTelemetry
