import type { AICluster, ContainerStatus } from '@aicluster/host-sdk'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { boardsOutOfReach, noteBoardsOutOfReach } from '../views/boards-out-of-reach'
import { CONTAINER_MORE, CONTAINER_NAMES, CONTAINER_STATE, CONTAINER_USE } from '../views/container-columns'
import { containerStatuses } from '../views/container-statuses'
import type { Register } from './register'

interface ContainersOptions {
  board?: string
  wide?: boolean
}

const EXAMPLES = `
Examples:
  $ aicluster containers
  $ aicluster containers digits --wide                 every attribute, one a line
  $ aicluster containers --board board1 --json | jq '.[].memBytes'`

export const registerContainers: Register = (program, action) =>
  program
    .command('containers')
    .summary('show everything about containers')
    .description('Show containers with all that is known about them: "ps" with more columns, or every attribute.')
    .argument('[inference]', 'only containers that serve this inference')
    .option('--board <board>', 'only those on this board, or on those with this label: KEY=VALUE, or label:KEY for any value')
    .option('--wide', 'every attribute, one a line')
    .addHelpText('after', EXAMPLES)
    .action(action((context, inference: string | undefined, options: ContainersOptions) => containers(context, inference, options)))

async function containers(context: Context, inference: string | undefined, { board, wide }: ContainersOptions): Promise<undefined> {
  const { output } = context
  const { chosen, away } = await withCluster(context, (cluster) =>
    output.progress('asking for containers', lookAt(cluster, inference, board)),
  )
  output.result(chosen, () => {
    if (chosen.length === 0) output.line('No containers there. "aicluster load" starts some.')
    else if (wide) showAll(context, chosen)
    else output.table([...CONTAINER_NAMES, ...CONTAINER_STATE, ...CONTAINER_USE, ...CONTAINER_MORE], chosen)
  })
  noteBoardsOutOfReach(output, away)
}

async function lookAt(cluster: AICluster, inference: string | undefined, board: string | undefined) {
  const chosen = await containersOn(cluster, inference, board)
  return { chosen, away: await boardsOutOfReach(cluster, chosen) }
}

async function containersOn(cluster: AICluster, inference: string | undefined, board: string | undefined): Promise<ContainerStatus[]> {
  const containers = await containerStatuses(cluster, inference)
  if (board === undefined) return containers
  const names = (await cluster.getCoprocessorHandler(undefined, { coprocessorName: board })).map(({ name }) => name)
  return containers.filter(({ allocatedCoprocessor }) => names.includes(allocatedCoprocessor))
}

function showAll({ output }: Context, containers: readonly ContainerStatus[]): void {
  for (const [index, container] of containers.entries()) {
    if (index > 0) output.line('')
    output.line(container.suffixName, 'bold')
    const attributes = Object.entries(container)
    const width = Math.max(...attributes.map(([name]) => name.length))
    for (const [name, value] of attributes) output.line(`  ${name.padEnd(width)}  ${valueText(value)}`)
  }
}

const valueText = (value: unknown): string => {
  if (value === undefined || value === '') return '-'
  return (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\n/g, ' ')
}
