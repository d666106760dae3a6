import type { BoardTelemetryView, GpuTelemetryView } from '@aicluster/protocol'

/** How a GPU of a board is doing. What it does not tell is null. Ours. */
export interface GpuTelemetry {
  name: string
  /** 0 to 100. */
  utilizationPercent: number | null
  memoryTotalBytes: number | null
  memoryUsedBytes: number | null
  temperatureCelsius: number | null
}

/** How a board is doing. What it does not tell is null. Ours. */
export interface BoardTelemetry {
  /** When it was measured, ISO 8601. */
  at: string
  /** Runnable processes on average over 1, 5 and 15 minutes. */
  load: readonly [number, number, number] | null
  memoryTotalBytes: number | null
  memoryAvailableBytes: number | null
  /** Of the file system that holds the cluster's folder there. */
  diskTotalBytes: number | null
  diskFreeBytes: number | null
  /** The hottest sensor. */
  temperatureCelsius: number | null
  gpus: readonly GpuTelemetry[]
}

export const telemetryOf = (view: BoardTelemetryView): BoardTelemetry => ({
  at: view.at,
  load: view.load,
  memoryTotalBytes: view.memory_total_bytes,
  memoryAvailableBytes: view.memory_available_bytes,
  diskTotalBytes: view.disk_total_bytes,
  diskFreeBytes: view.disk_free_bytes,
  temperatureCelsius: view.temperature_celsius,
  gpus: view.gpus.map(gpuOf),
})

const gpuOf = (view: GpuTelemetryView): GpuTelemetry => ({
  name: view.name,
  utilizationPercent: view.utilization_percent,
  memoryTotalBytes: view.memory_total_bytes,
  memoryUsedBytes: view.memory_used_bytes,
  temperatureCelsius: view.temperature_celsius,
})
