import { containerNamed } from '../cluster/find'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import type { Register } from './register'

const EXAMPLES = `
It stays registered, and stopped, also over a restart of the manager. What it holds it may finish; what waits goes to
other containers, or waits on.

Examples:
  $ aicluster stop digits-board1`

export const registerStop: Register = (program, action) =>
  program
    .command('stop')
    .summary('stop a container')
    .description('Stop a container; "aicluster start" starts it again.')
    .argument('<container>', 'its own name: "aicluster ps" shows it')
    .addHelpText('after', EXAMPLES)
    .action(action((context, container: string) => stop(context, container)))

async function stop(context: Context, name: string): Promise<undefined> {
  const { output } = context
  const status = await withCluster(context, async (cluster) => {
    const container = await containerNamed(cluster, name)
    return output.progress(`stopping ${name}: it may finish what it holds`, container.stop())
  })
  output.result(status, () => output.line(`${name} is ${status.status}.`))
}
