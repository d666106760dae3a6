import { type AIClusterError, type ContainerStatusView, clusterError } from '@aicluster/protocol'
import type { ContainerRuntime } from '../boards/board'
import { isBoardFailure } from '../boards/board-failure'
import type { ControlPlane } from '../control-plane/control-plane'
import { processesRefusal } from '../control-plane/processes-allowed'
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

/** What a container's board tells of it, or why it tells nothing. */
interface Look {
  runtime?: ContainerRuntime | undefined
  failure?: AIClusterError
  /** Its board may not run it. */
  forbidden?: boolean
}

/** State and use of these containers, as a client sees them; what is known, where a board cannot be reached. */
export const statusOf = async (plane: ControlPlane, selected: readonly SelectedContainer[]): Promise<ContainerStatusView[]> =>
  viewsOf(plane, selected, await looksAt(plane, selected))

/**
 * The same, where at least one of them can be looked at.
 * @throws SshConnectionError (500) the board of none can be reached
 */
export async function statusWhereReached(plane: ControlPlane, selected: readonly SelectedContainer[]): Promise<ContainerStatusView[]> {
  const looks = await looksAt(plane, selected)
  const [first] = looks
  if (first?.failure && looks.every(({ failure }) => failure)) throw first.failure
  return viewsOf(plane, selected, looks)
}

const looksAt = (plane: ControlPlane, selected: readonly SelectedContainer[]): Promise<Look[]> =>
  Promise.all(selected.map((container) => lookAt(plane, container)))

async function lookAt({ boards, fleet, options }: ControlPlane, { record, container }: SelectedContainer): Promise<Look> {
  // A Loop has no program: the cluster itself is what runs.
  if (implementationOf(record.config) === 'Loop') return {}
  const { board, instance } = container
  const state = boards.get(board)?.state
  if (state?.state === 'down') return { failure: clusterError('ssh', { detail: `board "${board}": ${state.reason}`, details: { board } }) }
  try {
    const forbidden = processesRefusal(options.config, record.config, board) !== undefined
    return { runtime: await fleet.get(instance)?.runtime(), forbidden }
  } catch (error) {
    if (isBoardFailure(error)) return { failure: error }
    throw error
  }
}

async function viewsOf(
  plane: ControlPlane,
  selected: readonly SelectedContainer[],
  looks: readonly Look[],
): Promise<ContainerStatusView[]> {
  const snapshot = await plane.options.dataPlane.call('snapshot')
  return selected.map(({ record, container }, index) => {
    const look = looks[index] as Look
    const { runtime } = look
    const connection = snapshot.containers.find(({ instance }) => instance === container.instance)
    return {
      ...containerView(record, container, plane.options.config.defaults),
      ...runtimeFields(record, container, look),
      ...connectionFields(record, connection, snapshot),
      ports: runtime?.ports ?? (connection ? portsOf(plane) : null),
      ...networkFields(runtime),
    }
  })
}

/** The manager's ports that the container is connected to, where it has none of its own; none where it is connected by Unix sockets. */
function portsOf(plane: ControlPlane): string | null {
  const { AICLUSTER_PUB_PORT: pub, AICLUSTER_SUB_PORT: sub } = plane.options.connectorEnvironment
  return pub && sub ? `${pub}/tcp, ${sub}/tcp` : null
}

function statusText({ config }: InferenceRecord, { runtime, failure, forbidden }: Look): string {
  if (implementationOf(config) === 'Loop') return 'running'
  if (failure) return 'unreachable'
  return forbidden ? 'not allowed' : (runtime?.state ?? 'not started')
}

function runtimeFields(record: InferenceRecord, container: ContainerRecord, look: Look) {
  const { runtime } = look
  const { pid, restarts, cpuPercent, memoryBytes, memoryPercent, readBytes, writtenBytes } = runtime ?? NOT_STARTED
  return {
    cpu_proc: percent(cpuPercent),
    mem_usage: memoryUsage(memoryBytes, memoryPercent),
    mem_proc: percent(memoryPercent),
    block_io: readBytes === null || writtenBytes === null ? null : `${size(readBytes)} / ${size(writtenBytes)}`,
    created: runtime?.createdAt ?? container.created ?? '',
    status: statusText(record, look),
    cpu_percent: cpuPercent,
    mem_bytes: memoryBytes,
    mem_percent: memoryPercent,
    pid,
    restarts,
    distribution_off: [...container.distribution_off],
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
