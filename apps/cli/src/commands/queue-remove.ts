import type { AICluster, QueueFilter, QueueInfo } from '@aicluster/host-sdk'
import type { Command } from 'commander'
import { UsageError } from '../cli-errors'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { type FilterOptions, filterOf, withFilter } from './queue-filter'
import type { Register } from './register'

interface RemoveOptions extends FilterOptions {
  all?: boolean
  force?: boolean
}

const EXAMPLES = `
Only requests that wait; their applications get error 310. All that is selected or, without --force, nothing if one of them
belongs to another application (308): this command has none of its own.

Examples:
  $ aicluster queue rm digits --force
  $ aicluster queue rm --request 1048577 --force
  $ aicluster queue rm --all --force               everything that waits`

export const registerQueueRemove: Register = (group: Command, action) =>
  withFilter(group.command('rm'))
    .summary('delete requests that wait')
    .description('Delete requests that wait, before a container gets them.')
    .option('--all', 'every one; demanded when nothing restricts the choice')
    .option('--force', 'also requests of other applications')
    .addHelpText('after', EXAMPLES)
    .action(action((context, inference: string | undefined, options: RemoveOptions) => remove(context, inference, options)))

async function remove(context: Context, inference: string | undefined, { all, force, ...options }: RemoveOptions): Promise<undefined> {
  const filter = filterOf(inference, options)
  const restricted = Object.keys(filter).length > 0
  if (!restricted && !all) throw new UsageError('nothing restricts the choice, which would mean every request that waits: say --all')
  if (restricted && all) throw new UsageError('--all and a choice of requests contradict each other: give one of them')
  const { output } = context
  const { deleted, remaining } = await withCluster(context, (cluster) =>
    output.progress('deleting requests', deleteCounted(cluster, { ...filter, forceDelete: force ?? false })),
  )
  output.result({ deleted, remaining }, () => {
    output.line(`Deleted ${deleted} ${deleted === 1 ? 'request' : 'requests'}.`)
    if (remaining.length > 0) output.line(`Still waiting${inference ? ` for ${inference}` : ''}: ${remaining.length}.`)
  })
}

/** By the manager's own counter: what leaves the queue in other ways meanwhile does not count. */
async function deleteCounted(
  cluster: AICluster,
  choice: QueueFilter & { forceDelete: boolean },
): Promise<{ deleted: number; remaining: QueueInfo[] }> {
  const before = await deletedSoFar(cluster)
  const remaining = await cluster.deleteQueue(choice)
  return { deleted: (await deletedSoFar(cluster)) - before, remaining }
}

const deletedSoFar = async (cluster: AICluster): Promise<number> => (await cluster.getMetrics()).counters.outcomes_error_310_total ?? 0
