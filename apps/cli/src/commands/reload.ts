import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { longWork } from '../long-work'
import { boardsText } from '../views/loaded-text'
import type { Register } from './register'

const EXAMPLES = `
What was edited in its config file (STATE/inferences) is taken up, and files that "aicluster put" has brought. If it fails,
what ran before runs again. Refused with 303 while requests are queued or in process.

Examples:
  $ aicluster reload digits`

export const registerReload: Register = (program, action) =>
  program
    .command('reload')
    .summary('start an inference anew')
    .description('Start the containers of an inference anew, from its config file. Returns when every container is ready.')
    .argument('<inference>', 'its name')
    .addHelpText('after', EXAMPLES)
    .action(action((context, inference: string) => reload(context, inference)))

async function reload(context: Context, inference: string): Promise<undefined> {
  const handlers = await withCluster(context, (cluster) =>
    longWork(context, `reloading ${inference}`, (work) => cluster.reloadInference(inference, work)),
  )
  context.output.result(handlers, () => context.output.line(`Reloaded ${inference} on ${boardsText(handlers)}.`))
}
