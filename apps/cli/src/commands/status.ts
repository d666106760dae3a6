import type { ClusterMetrics, ContainerStatus, CoprocessorHandler } from '@aicluster/host-sdk'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import type { Column } from '../output/table'
import { bytesText, durationText } from '../output/units'
import type { Register } from './register'

const EXAMPLES = `
Examples:
  $ aicluster status
  $ aicluster status --json | jq .gauges.requests_waiting`

interface BoardView {
  name: string
  driver: string
  ip: string
  containers: number
  connected: number
}

interface InferenceView {
  name: string
  containers: number
  waiting: number
  waitingBytes: number
  inFlight: number
}

const BOARD_COLUMNS: Column<BoardView>[] = [
  { heading: 'BOARD', text: ({ name }) => name },
  { heading: 'DRIVER', text: ({ driver }) => driver },
  { heading: 'ADDRESS', text: ({ ip }) => ip },
  { heading: 'CONTAINERS', text: ({ containers }) => containers, right: true },
  { heading: 'CONNECTED', text: ({ connected }) => connected, right: true },
]

const INFERENCE_COLUMNS: Column<InferenceView>[] = [
  { heading: 'INFERENCE', text: ({ name }) => name },
  { heading: 'CONTAINERS', text: ({ containers }) => containers, right: true },
  { heading: 'QUEUE', text: ({ waiting }) => waiting, right: true },
  { heading: 'QUEUED BYTES', text: ({ waitingBytes }) => bytesText(waitingBytes), right: true },
  { heading: 'IN FLIGHT', text: ({ inFlight }) => inFlight, right: true },
]

const COUNTER_COLUMNS: Column<readonly [string, number]>[] = [
  { heading: 'COUNTER', text: ([name]) => name },
  { heading: 'TOTAL', text: ([, value]) => value, right: true },
]

export const registerStatus: Register = (program, action) =>
  program
    .command('status')
    .summary('show manager, boards, inferences, counters')
    .description('Show the state of the cluster: its manager, boards, inferences and counters (since the manager started).')
    .addHelpText('after', EXAMPLES)
    .action(action((context) => status(context)))

async function status(context: Context): Promise<undefined> {
  const { output } = context
  const { metrics, boards, inferences } = await withCluster(context, async (cluster) => {
    const asked = Promise.all([cluster.getMetrics(), cluster.getCoprocessorHandler(), cluster.getContainerStatus()])
    const [metrics, boards, containers] = await output.progress('asking for the status', asked)
    return { metrics, boards: boards.map((board) => boardView(board, containers)), inferences: inferenceViews(metrics, containers) }
  })
  const { process: manager, epoch, counters, gauges, adminUrl } = metrics
  output.result({ manager: { ...manager, epoch, adminUrl }, boards, inferences, counters, gauges }, () => {
    const uptime = durationText(manager.uptimeMs)
    output.line(`Manager    pid ${manager.pid}, up for ${uptime}, start number ${epoch}`)
    output.line(
      `           memory ${bytesText(manager.rssBytes)} (heap ${bytesText(manager.heapUsedBytes)}), event-loop delay p99 ${manager.eventLoopDelayP99Ms.toFixed(1)} ms`,
    )
    output.line(`           health and metrics: ${adminUrl ?? 'switched off (admin.enabled)'}`)
    output.line(
      `Requests   ${gauges.requests_waiting ?? 0} waiting, ${gauges.requests_in_flight ?? 0} in flight; applications connected: ${gauges.hosts_connected ?? 0}, this command included\n`,
    )
    output.table(BOARD_COLUMNS, boards)
    output.line('')
    if (inferences.length === 0) output.line('No inferences. "aicluster load" registers some.')
    else output.table(INFERENCE_COLUMNS, inferences)
    const counted = Object.entries(counters).filter(([, value]) => value > 0)
    if (counted.length === 0) return
    output.line('')
    output.table(COUNTER_COLUMNS, counted)
  })
}

const boardView = ({ name, driver, ip }: CoprocessorHandler, containers: readonly ContainerStatus[]): BoardView => {
  const own = containers.filter(({ allocatedCoprocessor }) => allocatedCoprocessor === name)
  return { name, driver, ip, containers: own.length, connected: own.filter(({ connectStatus }) => connectStatus === 'connected').length }
}

/** Every name that requests can be sent to, and what waits there. */
const inferenceViews = ({ queues }: ClusterMetrics, containers: readonly ContainerStatus[]): InferenceView[] =>
  queues.map(({ name, waiting, waitingBytes, inFlight, containers: subscribed }) => ({
    name,
    // A Loop has no container that subscribes: the cluster itself answers.
    containers: Math.max(subscribed, containers.filter((container) => container.name === name).length),
    waiting,
    waitingBytes,
    inFlight,
  }))
