import type { AICluster } from '@aicluster/host-sdk'
import { ManagerError } from '../cli-errors'
import { isRunning, managerWord } from '../cluster/manager-word'
import { poll } from '../cluster/poll'
import { stateFolder } from '../cluster/state-folder'
import { isElsewhere, withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { milliseconds } from '../global-options'
import type { Register } from './register'

interface DownOptions {
  keepContainers?: boolean
  wait: string
}

const EXAMPLES = `
The cluster accepts nothing new, and what is queued or in process may finish (drain_timeout of its configuration, 30 s).

Examples:
  $ aicluster down
  $ aicluster down --keep-containers     the next "aicluster up" takes the containers over`

export const registerDown: Register = (program, action) =>
  program
    .command('down')
    .summary('end the cluster')
    .description('End the manager and its containers, and wait until it is gone.')
    .option('--keep-containers', 'leave the containers running for the next manager')
    .option('--wait <ms>', 'how long to wait for its end', '120000')
    .addHelpText('after', EXAMPLES)
    .action(action((context, options: DownOptions) => down(context, options)))

async function down(context: Context, { keepContainers = false, wait }: DownOptions): Promise<undefined> {
  const limitMs = milliseconds('--wait', wait)
  const gone = await withCluster(context, async (cluster) => {
    const end = (isElsewhere(context) ? undefined : await managerEnd(context)) ?? connectionEnd(cluster)
    await cluster.shutdown({ stopContainers: !keepContainers })
    return context.output.progress('waiting for the cluster to end', poll(limitMs, end))
  })
  if (!gone) throw new ManagerError(`the manager was told to end and has not within ${limitMs} ms; its log says what it waits for`)
  const view = { ended: true, containersKept: keepContainers }
  context.output.result(view, () =>
    context.output.line(keepContainers ? 'The cluster is down; its containers run on.' : 'The cluster is down.'),
  )
}

/** The manager of the state folder has taken its word back, or its process is no more. Undefined: there is no word. */
async function managerEnd({ options, env }: Context): Promise<(() => Promise<true | undefined>) | undefined> {
  const folder = stateFolder(options.state, env)
  const pid = (await managerWord(folder))?.pid
  if (pid === undefined) return undefined
  return async () => {
    const word = await managerWord(folder)
    return word?.pid !== pid || !isRunning(pid) ? true : undefined
  }
}

/** All that is seen of a manager elsewhere: its connection goes. */
const connectionEnd = (cluster: AICluster) => (): true | undefined => (cluster.isConnected ? undefined : true)
