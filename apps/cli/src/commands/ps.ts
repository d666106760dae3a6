import type { AICluster } from '@aicluster/host-sdk'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { boardsOutOfReach, noteBoardsOutOfReach } from '../views/boards-out-of-reach'
import { CONTAINER_NAMES, CONTAINER_STATE, CONTAINER_USE } from '../views/container-columns'
import { containerStatuses } from '../views/container-statuses'
import type { Register } from './register'

const EXAMPLES = `
Examples:
  $ aicluster ps
  $ aicluster ps digits
  $ aicluster ps --json | jq -r '.[] | select(.connectStatus != "connected").suffixName'`

export const registerPs: Register = (program, action) =>
  program
    .command('ps')
    .summary('list containers')
    .description('List the containers of the cluster, or of one inference: where they run and what they are doing.')
    .argument('[inference]', 'only containers that serve this inference')
    .addHelpText('after', EXAMPLES)
    .action(action((context, name: string | undefined) => ps(context, name)))

async function ps(context: Context, name: string | undefined): Promise<undefined> {
  const { output } = context
  const { containers, away } = await withCluster(context, (cluster) => output.progress('asking for containers', lookAt(cluster, name)))
  output.result(containers, () => {
    if (containers.length === 0) output.line('No containers. "aicluster load" starts some.')
    else output.table([...CONTAINER_NAMES, ...CONTAINER_STATE, ...CONTAINER_USE], containers)
  })
  noteBoardsOutOfReach(output, away)
}

async function lookAt(cluster: AICluster, name: string | undefined) {
  const containers = await containerStatuses(cluster, name)
  return { containers, away: await boardsOutOfReach(cluster, containers) }
}
