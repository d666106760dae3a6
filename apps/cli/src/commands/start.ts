import { containerNamed } from '../cluster/find'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { longWork } from '../long-work'
import type { Register } from './register'

const EXAMPLES = `
One that runs changes nothing.

Examples:
  $ aicluster start digits-board1`

export const registerStart: Register = (program, action) =>
  program
    .command('start')
    .summary('start a container that was stopped')
    .description('Start a container that was stopped. Returns when it is ready.')
    .argument('<container>', 'its own name: "aicluster ps" shows it')
    .addHelpText('after', EXAMPLES)
    .action(action((context, container: string) => start(context, container)))

async function start(context: Context, name: string): Promise<undefined> {
  const status = await withCluster(context, async (cluster) => {
    const container = await containerNamed(cluster, name)
    return longWork(context, `starting ${name}`, (work) => container.start(work))
  })
  context.output.result(status, () => context.output.line(`${name} is ${status.status}, ${status.connectStatus}.`))
}
