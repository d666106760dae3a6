import type { MetricsView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'

/** Gauges that are zero when nothing is going on. */
const REST_GAUGES = [
  'requests_waiting',
  'requests_waiting_bytes',
  'requests_in_flight',
  'requests_without_outcome',
  'deadlines_armed',
  'outcomes_unacknowledged',
  'outcomes_unacknowledged_bytes',
  'streams_unread',
  'answers_unsettled',
  'requests_in_recovery',
  'published_waiting',
  'published_waiting_bytes',
]

/** Every counter, gauge and heap figure. */
export async function getMetrics(plane: ControlPlane): Promise<MetricsView> {
  const snapshot = await plane.options.dataPlane.call('snapshot')
  return {
    counters: snapshot.counters,
    gauges: snapshot.gauges,
    rest_gauges: REST_GAUGES,
    queues: snapshot.queues.map(({ name, waiting, waitingBytes, inFlight, containers }) => ({
      name,
      waiting,
      waiting_bytes: waitingBytes,
      in_flight: inFlight,
      containers,
    })),
    credits: snapshot.containers.map(({ suffixName, board, connected, free, inFlight, maxSendNum, answered }) => ({
      suffix_name: suffixName,
      board,
      connected,
      free,
      in_flight: inFlight,
      max_send_num: maxSendNum,
      answered,
    })),
    process: {
      pid: process.pid,
      uptime_ms: Math.round(process.uptime() * 1000),
      heap_used_bytes: snapshot.heapUsedBytes,
      rss_bytes: snapshot.rssBytes,
      external_bytes: snapshot.externalBytes,
      event_loop_delay_p99_ms: snapshot.eventLoopDelayP99Ms,
    },
    epoch: plane.options.state.epoch,
    cluster_id: plane.options.state.clusterId,
    admin_url: plane.options.adminUrl,
  }
}
