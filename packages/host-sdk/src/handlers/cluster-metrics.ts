/** Figures of the manager. At rest every gauge of `restGauges` is zero. Ours. */
export interface ClusterMetrics {
  /** Only ever rise, from 0 at the manager's start; one that is missing is 0. Their names are in the protocol document. */
  counters: Record<string, number>
  /** State now, by the names in the protocol document. */
  gauges: Record<string, number>
  /** Names of the gauges that are zero when nothing is going on. */
  restGauges: string[]
  /** Per inference. */
  queues: {
    /** The inference. */
    name: string
    /** Requests that wait. */
    waiting: number
    /** Bytes that wait. */
    waitingBytes: number
    /** Requests that containers hold. */
    inFlight: number
    /** Containers that are connected and serve it. */
    containers: number
  }[]
  /** Per connected container: while it takes requests, `free + inFlight` is `maxSendNum`. */
  credits: {
    /** The container. */
    suffixName: string
    /** The board it is on. */
    board: string
    /** Whether both of its links stand. */
    connected: boolean
    /** Requests that it could take now. */
    free: number
    /** Requests that it holds. */
    inFlight: number
    /** Requests that it may hold at once. */
    maxSendNum: number
    /** Requests that it has answered since it connected. */
    answered: number
  }[]
  /** The manager's process. */
  process: {
    /** Process number. */
    pid: number
    /** Since its start, in ms. */
    uptimeMs: number
    /** JavaScript heap in use. */
    heapUsedBytes: number
    /** Memory of the whole process. */
    rssBytes: number
    /** Memory of buffers outside the heap. */
    externalBytes: number
    /** How late the data plane's event loop was, over the last 10 s or so, in ms. */
    eventLoopDelayP99Ms: number
  }
  /** The manager's life, counted from 1 over its restarts. */
  epoch: number
  /** What tells this cluster from every other one, for good: boards over SSH belong to it by this. */
  clusterId: string
  /** Where the manager serves health and metrics over HTTP, on its own machine; null: nowhere. */
  adminUrl: string | null
}
