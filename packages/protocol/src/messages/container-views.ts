import type { ContainerConfig, InferenceModulesConfig } from './container-config'

/** What the cluster tells of a registered container. Seed, chapter 7, table 5. */
export interface ContainerHandlerView {
  name: string
  suffix_name: string
  image_path: string | null
  image_file: string | null
  image_tag: string | null
  run_command: string | string[] | null
  run_option: string | null
  allocated_coprocessor: string
  max_send_num: number
  host_location: string[]
  implementation_type: 'docker' | 'nvidia' | 'Loop' | 'other'
  input: 'Main' | null
  output: 'Main' | null
  /** ms, or `never`. */
  send_timeout: number | 'never'
  wait_queue_timeout: number | 'never'
  script_path: string | null
  inference_modules: InferenceModulesConfig | InferenceModulesConfig[] | null
  copy: ContainerConfig['copy'] | null
}

/** What the cluster tells of a container's state. Seed, chapter 7, table 6; `pid`, `restarts`, `distribution_off` and the numeric twins are ours. */
export interface ContainerStatusView extends Omit<ContainerHandlerView, 'image_file'> {
  image_file: string | null
  /** CPU share in docker-stats format, like `12.50%`; null where it cannot be known. */
  cpu_proc: string | null
  mem_usage: string | null
  mem_proc: string | null
  /** Bytes sent / bytes received, seen from the container: over its network interfaces where its board counts that, else over the cluster's links. */
  net_io: string | null
  block_io: string | null
  /** ISO 8601. */
  created: string
  /** `running`, `restarting`, `crash-loop`, `exited`, `not started`; `not allowed`: its board runs no plain processes (any more); `unreachable`: its board is down, and the figures are null. */
  status: string
  /** Those of its Engine (`0.0.0.0:8080->80/tcp`); where it has none, those of the manager that it is connected to. */
  ports: string | null
  connect_status: 'connected' | 'disconnected'
  operate: 'Free' | 'Busy' | 'Unknown'
  /** Requests that wait in the queues it serves. */
  queue_num: number
  /** Requests it holds. */
  send_data_num: number
  cpu_percent: number | null
  mem_bytes: number | null
  mem_percent: number | null
  /** Process number on its board; ours. */
  pid: number | null
  /** Times it was started again after an exit; ours. */
  restarts: number
  /** Inference names for which it gets no requests, as `stop_distribution` has it; ours. */
  distribution_off: string[]
}

/** A board. Seed, chapter 7, table 3; what follows `ip` is ours. */
export interface CoprocessorView {
  name: string
  ip: string
  driver: 'local' | 'ssh'
  /** Whether it can be used now. A board that is down keeps what is registered on it. */
  state: 'up' | 'down'
  /** Since when, ISO 8601. */
  since: string
  /** Why it is down; null while it is up. */
  reason: string | null
  /** What selects it together with others. */
  labels: Record<string, string>
  /** Version of its Docker Engine; null where there is none, or it is not known yet. */
  engine_version: string | null
  /** As Docker calls it: `amd64`, `arm64`; null while it is not known. */
  architecture: string | null
  resources: { cpus: number | null; memory_bytes: number | null; gpus: number | null }
  /** Measured seconds ago; null until it has been measured, and while the board is down. */
  telemetry: BoardTelemetryView | null
}

/** How a board is doing. What it does not tell is null. Ours. */
export interface BoardTelemetryView {
  /** When it was read, ISO 8601, by the manager's clock. */
  at: string
  cpus: number | null
  /** Processes that run or wait to run, on average over 1, 5 and 15 minutes. */
  load: [number, number, number] | null
  memory_total_bytes: number | null
  /** What programs hold, without caches. */
  memory_used_bytes: number | null
  /** Of the file system of `/`; of a local board's, of that of the state folder. */
  disk_total_bytes: number | null
  disk_free_bytes: number | null
  /** The hottest sensor. */
  temperature_celsius: number | null
  gpus: GpuTelemetryView[]
}

/** One GPU; bytes and degrees Celsius. A Jetson's shares the board's memory, which is then not told here. */
export interface GpuTelemetryView {
  index: number
  name: string
  /** 0 to 100. */
  use_percent: number | null
  memory_used_bytes: number | null
  memory_total_bytes: number | null
  temperature_celsius: number | null
}

/** Reply to `unload_inference`. */
export interface UnloadView {
  /** What remains registered. */
  containers: ContainerHandlerView[]
  /** What became of the images of those that are gone; empty without `delete_image`. */
  images: ImageRemovalView[]
  /** Those of the unloaded containers that could not be stopped; empty without `force`. */
  forgotten: ForgottenContainerView[]
}

/** Reply to `remove_board`. */
export interface RemoveBoardView {
  /** Containers there that could not be stopped; empty without `force`. */
  forgotten: ForgottenContainerView[]
}

/** A container that the cluster knows no more, and that may still run: its board could not be reached. */
export interface ForgottenContainerView {
  suffix_name: string
  board: string
  /** What is wrong with the board. */
  reason: string
}

/** An image that an unloaded container was made from. */
export interface ImageRemovalView {
  /** The board that holds, or held, it. */
  board: string
  /** Its tag, or id where it has none. */
  image: string
  deleted: boolean
  /** Why it was kept; null if it is gone. */
  reason: string | null
}

/** Seed, chapter 7, table 8. */
export interface DistributionView {
  name: string
  suffix_name: string
  distribution: 'on' | 'off'
}

/** Images on one board. Seed, chapter 7, table 4. */
export interface CoprocessorImagesView {
  name: string
  ip: string
  images: ImageView[]
}

/** One image in a board's store. */
export interface ImageView {
  id: string
  tags: string[]
  /** Bytes. */
  size: number
  /** ISO 8601. */
  created: string
}

/** One request that waits or is in hand. Seed, chapter 7, table 7; what follows `mng_queue_in` is ours. */
export interface QueueInfoView {
  request_no: number
  inference_name: string
  pid: number
  /** When it entered the queue, ISO 8601. */
  mng_queue_in: string
  host: string
  /** `sent`: a container holds it; `started`: its program has begun with it, longer than 50 ms ago. */
  state: 'queued' | 'sent' | 'started'
  /** The container that holds it. */
  suffix_name: string | null
  /** Whether the session that asks has sent it. */
  own: boolean
  /** Its place in the order of arrival, over all queues; kept while it waits, is handed out and comes back. */
  order: number
}

/** One page of `get_queue_info`. */
export interface QueuePageView {
  entries: QueueInfoView[]
  /** `after` of the next page; null: there is none. */
  next: number | null
}

/** Reply to `delete_queue`. What remains is read by `get_queue_info`. */
export interface QueueDeletionView {
  deleted: number
}

/** What a container has printed: stdout and stderr as they came, printable. */
export interface ContainerLogView {
  lines: string[]
  /** `after` of the next command. */
  next: string
}

/** How far a long command is. */
export interface ProgressView {
  cmd: string
  /** `check`, `copy`, `upload`, `load`, `create`, `start`, `ready`, `remove`, `restore`. */
  phase: 'check' | 'copy' | 'upload' | 'load' | 'create' | 'start' | 'ready' | 'remove' | 'restore'
  inference_name: string
  board: string
  suffix_name: string | null
  /** Of the phase; null where it does not move bytes. */
  bytes_done: number | null
  bytes_total: number | null
}
