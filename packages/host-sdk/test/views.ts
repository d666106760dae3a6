import type { ContainerHandlerView, ContainerStatusView, QueueInfoView } from '@aicluster/protocol'

/** Replies as the cluster would send them. */

export const handlerView = (name: string, board = 'board1'): ContainerHandlerView => ({
  name,
  suffix_name: `${name}-1`,
  image_path: null,
  image_file: null,
  image_tag: null,
  run_command: ['node', 'digits.mjs'],
  run_option: null,
  allocated_coprocessor: board,
  max_send_num: 2,
  host_location: [board],
  implementation_type: 'other',
  input: 'Main',
  output: 'Main',
  send_timeout: 60_000,
  wait_queue_timeout: 'never',
  script_path: '/scripts',
  inference_modules: { sub_inference_name: '', script_tag: null },
  copy: { To: 'model', From: '/model' },
})

export const statusView = (name: string): ContainerStatusView => ({
  ...handlerView(name),
  cpu_proc: '12.50%',
  mem_usage: '45MiB / 7.6GiB',
  mem_proc: '0.58%',
  net_io: '1kB / 2kB',
  block_io: '0B / 0B',
  created: '2026-01-02T03:04:05.678Z',
  status: 'running',
  ports: null,
  connect_status: 'connected',
  operate: 'Free',
  queue_num: 0,
  send_data_num: 0,
  cpu_percent: 12.5,
  mem_bytes: 47_185_920,
  mem_percent: 0.58,
  pid: 4242,
  restarts: 0,
  distribution_off: [],
})

export const queueView = (order: number, more: Partial<QueueInfoView> = {}): QueueInfoView => ({
  request_no: 1000 + order,
  inference_name: 'digits',
  pid: 7,
  mng_queue_in: '2026-01-02T03:04:05.678Z',
  host: 'here',
  state: 'queued',
  suffix_name: null,
  own: true,
  order,
  ...more,
})
