import type { ContainerStatus } from '@aicluster/host-sdk'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import type { Column } from '../output/table'
import type { Register } from './register'

const EXAMPLES = `
Examples:
  $ aicluster ps
  $ aicluster ps digits
  $ aicluster ps --json | jq -r '.[] | select(.connectStatus != "connected").suffixName'`

const COLUMNS: Column<ContainerStatus>[] = [
  { heading: 'CONTAINER', text: ({ suffixName }) => suffixName },
  { heading: 'INFERENCE', text: ({ name }) => name },
  { heading: 'BOARD', text: ({ allocatedCoprocessor }) => allocatedCoprocessor },
  { heading: 'STATUS', text: ({ status }) => status },
  { heading: 'CONNECTION', text: ({ connectStatus }) => connectStatus },
  { heading: 'OPERATE', text: ({ operate }) => operate },
  { heading: 'QUEUE', text: ({ queueNum }) => queueNum, right: true },
  { heading: 'IN FLIGHT', text: ({ sendDataNum, maxSendNum }) => `${sendDataNum}/${maxSendNum}`, right: true },
  { heading: 'RESTARTS', text: ({ restarts }) => restarts, right: true },
  { heading: 'CPU', text: ({ cpuProc }) => cpuProc, right: true },
  { heading: 'MEM', text: ({ memUsage }) => memUsage, right: true },
]

export const registerPs: Register = (program, action) =>
  program
    .command('ps')
    .summary('list containers')
    .description('List the containers of the cluster, or of one inference: where they run and what they are doing.')
    .argument('[name]', 'only containers that serve this inference')
    .addHelpText('after', EXAMPLES)
    .action(action((context, name: string | undefined) => ps(context, name)))

async function ps(context: Context, name: string | undefined): Promise<undefined> {
  const { output } = context
  const containers = await withCluster(context, (cluster) => output.progress('asking for containers', cluster.getContainerStatus(name)))
  output.result(containers, () => {
    if (containers.length === 0) output.line('No containers. "aicluster load" starts some.')
    else output.table(COLUMNS, containers)
  })
}
