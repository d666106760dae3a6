import type { ContainerStatusView } from '@aicluster/protocol'
import type { ContainerRuntime } from '../boards/board'
import { isBoardFailure } from '../boards/board-failure'
import type { ControlPlane } from '../control-plane/control-plane'
import type { ContainerSnapshot, DataPlaneSnapshot } from '../data-plane/snapshot'
import { implementationOf, servedNames } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'
import { containerView } from './container-view'
import type { SelectedContainer } from './select'

const NOT_STARTED: Omit<ContainerRuntime, 'state' | 'createdAt'> = {
  pid: null,
  restarts: 0,
  cpuPercent: null,
  memoryBytes: null,
  memoryPercent: null,
  readBytes: null,
  writtenBytes: null,
}

/** State and use of these containers, as a client sees them. */
export async function statusOf(plane: ControlPlane, selected: readonly SelectedContainer[]): Promise<ContainerStatusView[]> {
  const snapshot = await plane.options.dataPlane.call('snapshot')
  return Promise.all(
    selected.map(async ({ record, container }) => {
      const { runtime, down } = await look(plane, container)
      const connection = snapshot.containers.find(({ instance }) => instance === container.instance)
      return {
        ...containerView(record, container, plane.options.config.defaults),
        ...runtimeFields(record, container, runtime, down),
        ...connectionFields(record, connection, snapshot),
        ports: runtime?.ports ?? (connection ? portsOf(plane) : null),
        ...networkFields(runtime),
      }
    }),
  )
}

/** A board that is lost while it is asked counts as one that is down: what is known of the others is worth telling. */
async function look(plane: ControlPlane, { board, instance }: ContainerRecord): Promise<{ runtime?: ContainerRuntime; down: boolean }> {
  if (plane.boards.get(board)?.state.state === 'down') return { down: true }
  try {
    const runtime = await plane.fleet.get(instance)?.runtime()
    return { ...(runtime && { runtime }), down: false }
  } catch (error) {
    if (isBoardFailure(error)) return { down: true }
    throw error
  }
}

/** The manager's ports that the container is connected to, where it has none of its own; none where it is connected by Unix sockets. */
function portsOf(plane: ControlPlane): string | null {
  const { AICLUSTER_PUB_PORT: pub, AICLUSTER_SUB_PORT: sub } = plane.options.connectorEnvironment
  return pub && sub ? `${pub}/tcp, ${sub}/tcp` : null
}

function runtimeFields(record: InferenceRecord, container: ContainerRecord, runtime: ContainerRuntime | undefined, down: boolean) {
  const { pid, restarts, cpuPercent, memoryBytes, memoryPercent, readBytes, writtenBytes } = runtime ?? NOT_STARTED
  // A Loop has no program: the cluster itself is what runs.
  const status = implementationOf(record.config) === 'Loop' ? 'running' : down ? 'unreachable' : (runtime?.state ?? 'not started')
  return {
    cpu_proc: percent(cpuPercent),
    mem_usage: memoryUsage(memoryBytes, memoryPercent),
    mem_proc: percent(memoryPercent),
    block_io: readBytes === null || writtenBytes === null ? null : `${size(readBytes)} / ${size(writtenBytes)}`,
    created: runtime?.createdAt ?? container.created ?? '',
    status,
    cpu_percent: cpuPercent,
    mem_bytes: memoryBytes,
    mem_percent: memoryPercent,
    pid,
    restarts,
  }
}

/** What went over the container's own network interfaces, where its board counts that. */
function networkFields(runtime: ContainerRuntime | undefined): { net_io?: string } {
  const { netSentBytes: sent, netReceivedBytes: received } = runtime ?? {}
  return typeof sent === 'number' && typeof received === 'number' ? { net_io: `${size(sent)} / ${size(received)}` } : {}
}

function connectionFields(record: InferenceRecord, connection: ContainerSnapshot | undefined, snapshot: DataPlaneSnapshot) {
  const loop = implementationOf(record.config) === 'Loop'
  const connected = loop || (connection?.connected ?? false)
  const held = connection?.inFlight ?? 0
  const names = servedNames(record.config)
  const waiting = snapshot.queues.filter(({ name }) => names.includes(name)).reduce((sum, queue) => sum + queue.waiting, 0)
  return {
    net_io: connection ? `${size(connection.sentBytes)} / ${size(connection.receivedBytes)}` : null,
    connect_status: connected ? ('connected' as const) : ('disconnected' as const),
    operate: connected ? (held > 0 ? ('Busy' as const) : ('Free' as const)) : ('Unknown' as const),
    queue_num: waiting,
    send_data_num: held,
  }
}

const percent = (value: number | null): string | null => (value === null ? null : `${value.toFixed(2)}%`)

/** As docker stats writes it: what is used, and what there is. */
function memoryUsage(bytes: number | null, percentOfAll: number | null): string | null {
  if (bytes === null || percentOfAll === null) return null
  return `${size(bytes, BINARY)} / ${size(bytes === 0 ? 0 : (100 * bytes) / percentOfAll, BINARY)}`
}

const DECIMAL = { step: 1000, units: ['B', 'kB', 'MB', 'GB', 'TB'] }
const BINARY = { step: 1024, units: ['B', 'KiB', 'MiB', 'GiB', 'TiB'] }

/** Bytes as docker stats writes them, with three figures: traffic in decimal units, memory in binary ones. */
function size(bytes: number, { step, units } = DECIMAL): string {
  let value = bytes
  let unit = 0
  while (value >= step && unit < units.length - 1) {
    value /= step
    unit++
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))}${units[unit]}`
}
