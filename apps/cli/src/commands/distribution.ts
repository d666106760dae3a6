import type { AICluster, ContainerDistributionStatus } from '@aicluster/host-sdk'
import { UsageError } from '../cli-errors'
import { containerNamed } from '../cluster/find'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import type { Column } from '../output/table'
import type { Bind, Register } from './register'

interface DistributionOptions {
  board?: string
  container?: string
}

const EXAMPLES = `
While it is off a container gets no new request; what it holds it finishes, and the queues keep accepting. It stays off
over a restart of the manager. Without --board and --container it is every container of the inference, or of the cluster.

Examples:
  $ aicluster distribution stop digits --board board1
  $ aicluster distribution start --container digits-board1
  $ aicluster distribution start`

const COLUMNS: Column<ContainerDistributionStatus>[] = [
  { heading: 'CONTAINER', text: ({ suffixName }) => suffixName },
  { heading: 'INFERENCE', text: ({ name }) => name },
  { heading: 'DISTRIBUTION', text: ({ distribution }) => distribution },
]

const ACTIONS = { start: 'startDistribution', stop: 'stopDistribution' } as const
type ActionName = keyof typeof ACTIONS

export const registerDistribution: Register = (program, action) => {
  const group = program
    .command('distribution')
    .summary('hand out requests, or pause')
    .description('Hand out requests to containers, or pause that.')
    .addHelpText('after', EXAMPLES)
  for (const name of ['start', 'stop'] as const) registerAction(group, name, action)
  return group
}

const registerAction = (group: Parameters<Register>[0], name: ActionName, action: Bind) =>
  group
    .command(name)
    .summary(name === 'start' ? 'hand out requests again' : 'hand out no more requests')
    .description(
      `${name === 'start' ? 'Hand out requests again' : 'Hand out no more requests'}: to containers of an inference, a board, or to one.`,
    )
    .argument('[inference]', 'only requests of this inference')
    .option('--board <board>', 'only containers on this board, or on those with this label: KEY=VALUE, or label:KEY for any value')
    .option('--container <container>', 'only this container')
    .addHelpText('after', EXAMPLES)
    .action(action((context, inference: string | undefined, options: DistributionOptions) => distribute(context, name, inference, options)))

async function distribute(
  context: Context,
  name: ActionName,
  inference: string | undefined,
  options: DistributionOptions,
): Promise<undefined> {
  if (options.board !== undefined && options.container !== undefined) {
    throw new UsageError('--board and --container: a container is on one board, give it alone')
  }
  const { output } = context
  const states = await withCluster(context, (cluster) => {
    const what = name === 'start' ? 'starting' : 'stopping'
    return output.progress(`${what} the distribution`, statesAfter(cluster, name, inference, options))
  })
  output.result(states, () => {
    if (states.length === 0) output.line('No containers there.')
    else output.table(COLUMNS, states)
  })
}

async function statesAfter(
  cluster: AICluster,
  name: ActionName,
  inference: string | undefined,
  { board, container }: DistributionOptions,
): Promise<ContainerDistributionStatus[]> {
  const method = ACTIONS[name]
  if (container !== undefined) return [await (await containerNamed(cluster, container))[method](inference)]
  const boards =
    board === undefined
      ? await cluster.getCoprocessorHandler(inference)
      : await cluster.getCoprocessorHandler(undefined, { coprocessorName: board })
  // One after another: at the same moment the commands would refuse each other (309), each wants the inference for itself.
  const states: ContainerDistributionStatus[] = []
  for (const one of boards) states.push(...(await one[method](inference)))
  return states
}
