import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import type { Column } from '../output/table'
import { bytesText, durationText } from '../output/units'
import { BOARD_COLUMNS, boardViews } from '../views/board-view'
import { INFERENCE_COLUMNS, inferenceViews } from '../views/inference-view'
import { takeSnapshot } from '../views/snapshot'
import type { Register } from './register'

const EXAMPLES = `
Examples:
  $ aicluster status
  $ aicluster status --json | jq .gauges.requests_waiting`

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
  const snapshot = await withCluster(context, (cluster) => output.progress('asking for the status', takeSnapshot(cluster)))
  const boards = boardViews(snapshot)
  const inferences = inferenceViews(snapshot)
  const { process: manager, epoch, clusterId, counters, gauges, adminUrl } = snapshot.metrics
  output.result({ manager: { ...manager, epoch, clusterId, adminUrl }, boards, inferences, counters, gauges }, () => {
    const uptime = durationText(manager.uptimeMs)
    output.line(`Manager    pid ${manager.pid}, up for ${uptime}, start number ${epoch}`)
    output.line(
      `           memory ${bytesText(manager.rssBytes)} (heap ${bytesText(manager.heapUsedBytes)}), event-loop delay p99 ${manager.eventLoopDelayP99Ms.toFixed(1)} ms`,
    )
    output.line(`           cluster ${clusterId}`)
    if (gauges.sockets_exposed)
      output.line('           INSECURE: its sockets are bound beyond loopback without encryption (listen.insecure)')
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
