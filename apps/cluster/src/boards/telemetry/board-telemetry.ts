/** What a board's machine says of itself; `null` where it does not know. */
export interface BoardTelemetry {
  /** ISO 8601, the manager's clock: when it was read. */
  at: string
  cpus: number | null
  /** Processes that run or wait to run, on average over 1, 5 and 15 minutes. */
  load: readonly [number, number, number] | null
  memoryTotalBytes: number | null
  /** What programs hold: without caches, which are given back when asked for. */
  memoryUsedBytes: number | null
  /** Of the file system that holds the Engine's images and containers. */
  diskTotalBytes: number | null
  diskFreeBytes: number | null
  /** The hottest sensor's. */
  temperatureCelsius: number | null
  gpus: readonly GpuTelemetry[]
}

/** One GPU; a Jetson's shares the board's memory, which is then not told here. */
export interface GpuTelemetry {
  index: number
  name: string
  usePercent: number | null
  memoryUsedBytes: number | null
  memoryTotalBytes: number | null
  temperatureCelsius: number | null
}
