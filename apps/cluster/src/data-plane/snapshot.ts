/** The data plane's figures at one moment; part of the reply to `get_metrics` and `get_container_status`. */
export interface DataPlaneSnapshot {
  counters: Record<string, number>
  gauges: Record<string, number>
  queues: { name: string; waiting: number; waitingBytes: number; inFlight: number; containers: number }[]
  containers: ContainerSnapshot[]
  heapUsedBytes: number
  rssBytes: number
  externalBytes: number
  eventLoopDelayP99Ms: number
}

export interface ContainerSnapshot {
  instance: string
  suffixName: string
  board: string
  connected: boolean
  accepting: boolean
  free: number
  inFlight: number
  maxSendNum: number
  answered: number
  /** Over both its links since it connected, seen from the container. */
  sentBytes: number
  receivedBytes: number
}
