import type { QueueInfo } from '@aicluster/host-sdk'
import type { Command } from 'commander'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { wholeNumber } from '../global-options'
import type { Column } from '../output/table'
import { durationText } from '../output/units'
import { type FilterOptions, filterOf, withFilter } from './queue-filter'
import type { Register } from './register'

interface ListOptions extends FilterOptions {
  limit?: string
}

const EXAMPLES = `
STATE: queued (it waits), sent (a container holds it), started (that has worked on it for more than 50 ms).

Examples:
  $ aicluster queue ls
  $ aicluster queue ls digits --limit 10
  $ aicluster queue ls --pid 4711 --json | jq -r '.[].requestNo'`

/** Entries that a person is shown unless they ask for more. */
const SHOWN = 100

const COLUMNS: Column<QueueInfo>[] = [
  { heading: 'REQUEST', text: ({ requestNo }) => requestNo, right: true },
  { heading: 'INFERENCE', text: ({ inferenceName }) => inferenceName },
  { heading: 'STATE', text: ({ state }) => state },
  { heading: 'CONTAINER', text: ({ suffixName }) => suffixName },
  { heading: 'AGE', text: ({ mngQueueIn }) => durationText(Math.max(0, Date.now() - Date.parse(mngQueueIn))), right: true },
  { heading: 'PID', text: ({ pid }) => pid, right: true },
  { heading: 'HOST', text: ({ host }) => host },
]

export const registerQueueList: Register = (group: Command, action) =>
  withFilter(group.command('ls'))
    .summary('list requests')
    .description('List the requests that wait and those that containers hold, in the order of their arrival.')
    .option('--limit <n>', `how many at the most (default: ${SHOWN}; all with --json)`)
    .addHelpText('after', EXAMPLES)
    .action(action((context, inference: string | undefined, options: ListOptions) => list(context, inference, options)))

async function list(context: Context, inference: string | undefined, options: ListOptions): Promise<undefined> {
  const { output } = context
  const filter = filterOf(inference, options)
  const limit = options.limit === undefined ? (output.json ? undefined : SHOWN) : wholeNumber('--limit', options.limit, 1)
  // One more tells whether there are more.
  const asked = limit === undefined ? filter : { ...filter, limit: limit + 1 }
  const entries = await withCluster(context, (cluster) => output.progress('asking for requests', cluster.getQueueInfo(asked)))
  const shown = entries.slice(0, limit)
  output.result(shown, () => {
    if (shown.length === 0) output.line('No requests there.')
    else output.table(COLUMNS, shown)
  })
  if (entries.length > shown.length) output.note(`There are more than these ${shown.length}: --limit N shows more.`, 'yellow')
}
