import type { BoardTelemetryView } from '@aicluster/protocol'
import type { BoardTelemetry } from './board-telemetry'

/** A board's telemetry as clients see it. */
export const telemetryView = (telemetry: BoardTelemetry): BoardTelemetryView => ({
  at: telemetry.at,
  cpus: telemetry.cpus,
  load: telemetry.load && [...telemetry.load],
  memory_total_bytes: telemetry.memoryTotalBytes,
  memory_used_bytes: telemetry.memoryUsedBytes,
  disk_total_bytes: telemetry.diskTotalBytes,
  disk_free_bytes: telemetry.diskFreeBytes,
  temperature_celsius: telemetry.temperatureCelsius,
  gpus: telemetry.gpus.map((gpu) => ({
    index: gpu.index,
    name: gpu.name,
    use_percent: gpu.usePercent,
    memory_used_bytes: gpu.memoryUsedBytes,
    memory_total_bytes: gpu.memoryTotalBytes,
    temperature_celsius: gpu.temperatureCelsius,
  })),
})
