/** Reply to `get_metrics`. At rest every gauge is zero. */
export interface MetricsView {
  /** Only ever rise, from 0 at the manager's start. */
  counters: Record<string, number>
  /** State now; those in `rest_gauges` are zero when nothing is going on. */
  gauges: Record<string, number>
  /** Names of the gauges that are zero at rest. */
  rest_gauges: string[]
  /** Per inference. */
  queues: { name: string; waiting: number; waiting_bytes: number; in_flight: number; containers: number }[]
  /** Per container: `free + in_flight` is `max_send_num` while it is connected. */
  credits: {
    suffix_name: string
    board: string
    connected: boolean
    free: number
    in_flight: number
    max_send_num: number
    answered: number
  }[]
  process: {
    pid: number
    uptime_ms: number
    heap_used_bytes: number
    rss_bytes: number
    external_bytes: number
    /** How late the data plane's event loop was, over the last 10 s or so, in ms. */
    event_loop_delay_p99_ms: number
  }
  epoch: number
  /** What tells this cluster from every other one, for good: boards over SSH belong to it by this. */
  cluster_id: string
  /** Where the manager serves health and metrics over HTTP; null: nowhere. */
  admin_url: string | null
}
