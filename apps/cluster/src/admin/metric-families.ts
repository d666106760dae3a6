import type { MetricFamily, MetricType } from './exposition'

const family = (type: MetricType, name: string, help: string): MetricFamily => ({ name, type, help })

/** Per inference: label `inference`. docs/monitoring.md says more of each, and which of Triton's it is like. */
export const INFERENCE = {
  success: family('counter', 'aicluster_requests_success_total', 'Requests that got a result.'),
  failure: family('counter', 'aicluster_requests_failure_total', 'Requests that got none, by reason.'),
  requestBytes: family('counter', 'aicluster_request_bytes_total', 'Headers and data of requests that came in, in bytes.'),
  responseBytes: family('counter', 'aicluster_response_bytes_total', 'Headers and data of results that went out, in bytes.'),
  requestSeconds: family('histogram', 'aicluster_request_duration_seconds', 'From arrival to the result.'),
  queueSeconds: family('histogram', 'aicluster_queue_duration_seconds', 'From arrival until it was sent to the container that answered.'),
  containerSeconds: family('histogram', 'aicluster_container_duration_seconds', "From being sent to the container's answer."),
  waiting: family('gauge', 'aicluster_queue_requests', 'Requests that wait for a credit.'),
  waitingBytes: family('gauge', 'aicluster_queue_bytes', 'Bytes of requests that wait.'),
  oldestWait: family('gauge', 'aicluster_queue_oldest_seconds', 'How long the oldest waiting request has been here; 0 with none.'),
  inFlight: family('gauge', 'aicluster_in_flight_requests', 'Requests that containers hold.'),
  containers: family('gauge', 'aicluster_inference_containers', 'Containers that are connected for it.'),
  ready: family('gauge', 'aicluster_inference_ready', '1 if a request would be served now; of a source, if its container is ready.'),
} as const

/** Per container that has a program: labels `inference`, `container`, `board`. */
export const CONTAINER = {
  connected: family('gauge', 'aicluster_container_connected', '1 while both its links stand.'),
  credits: family('gauge', 'aicluster_container_credits', 'Its credits, by state: free or in_use.'),
  answered: family('counter', 'aicluster_container_answers_total', 'Requests it has answered since it connected.'),
  sentBytes: family('counter', 'aicluster_container_sent_bytes_total', 'Bytes it has sent since it connected.'),
  receivedBytes: family('counter', 'aicluster_container_received_bytes_total', 'Bytes it was sent since it connected.'),
} as const

/** Of the cluster as a whole. */
export const CLUSTER = {
  boardUp: family('gauge', 'aicluster_board_up', '1 if the board can be reached; labels board, driver.'),
  errors: family('counter', 'aicluster_outcome_errors_total', 'Outcomes that are errors of the manager itself, by code.'),
  dropped: family('counter', 'aicluster_messages_dropped_total', 'Messages that were not understood, by reason.'),
  events: family('counter', 'aicluster_events_total', 'Every other counter of get_metrics, by event.'),
  epoch: family('gauge', 'aicluster_manager_epoch', 'Starts of a manager on this state folder.'),
  sentFiles: family('gauge', 'aicluster_sent_files_bytes', 'Bytes kept of files that applications have sent.'),
  sentFilesLimit: family('gauge', 'aicluster_sent_files_limit_bytes', 'What those may become: limits.max_sent_files_bytes.'),
  heap: family('gauge', 'aicluster_heap_used_bytes', 'JavaScript heap in use, by thread.'),
  external: family('gauge', 'aicluster_external_bytes', 'Memory of buffers outside of the heap, by thread.'),
  loopDelay: family(
    'gauge',
    'aicluster_event_loop_delay_seconds',
    'How late the event loop was in the last 10 s, by thread; stat is p99 or max.',
  ),
  loopTime: family('counter', 'aicluster_event_loop_seconds_total', 'Time of the event loop, by thread and state: active or idle.'),
} as const

/** Of the process, by the names that every Prometheus client gives them. */
export const PROCESS = {
  cpu: family('counter', 'process_cpu_seconds_total', 'User and system CPU time, in seconds.'),
  memory: family('gauge', 'process_resident_memory_bytes', 'Resident memory, in bytes.'),
  start: family('gauge', 'process_start_time_seconds', 'When the process was started, in seconds since 1970.'),
  files: family('gauge', 'process_open_fds', 'Open file descriptors.'),
} as const

/** Counters of the hot path and gauges are served under their name of `get_metrics`, with a prefix. */
export const prefixed = (type: MetricType, name: string): MetricFamily => family(type, `aicluster_${name}`, `${name} of get_metrics.`)
