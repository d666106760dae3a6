/** Figures of the manager. At rest every gauge of `restGauges` is zero. Ours. */
export interface ClusterMetrics {
  /** Only ever rise, from 0 at the manager's start; one that is missing is 0. Their names are in the protocol document. */
  counters: Record<string, number>
  /** State now, by the names in the protocol document. */
  gauges: Record<string, number>
  /** Names of the gauges that are zero when nothing is going on. */
  restGauges: string[]
  /** Per inference. */
  queues: { name: string; waiting: number; waitingBytes: number; inFlight: number; containers: number }[]
  /** Per connected container: while it takes requests, `free + inFlight` is `maxSendNum`. */
  credits: {
    suffixName: string
    board: string
    connected: boolean
    free: number
    inFlight: number
    maxSendNum: number
    answered: number
  }[]
  process: {
    pid: number
    uptimeMs: number
    heapUsedBytes: number
    rssBytes: number
    externalBytes: number
    /** How late the data plane's event loop was, over the last 10 s or so, in ms. */
    eventLoopDelayP99Ms: number
  }
  /** The manager's life, counted from 1 over its restarts. */
  epoch: number
  /** Where the manager serves health and metrics over HTTP, on its own machine; null: nowhere. */
  adminUrl: string | null
}
