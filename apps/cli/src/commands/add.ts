import type { ContainerHandler } from '@aicluster/host-sdk'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { longWork } from '../long-work'
import type { Register } from './register'

const EXAMPLES = `
One that is there already changes nothing.

Examples:
  $ aicluster add digits --board board2`

export const registerAdd: Register = (program, action) =>
  program
    .command('add')
    .summary('bring an inference to a further board')
    .description('Bring an inference that is registered on other boards to this one too. Returns when its container is ready.')
    .argument('<inference>', 'its name')
    .requiredOption('--board <board>', 'where to: a board, or boards with a label (KEY=VALUE, or label:KEY for any value)')
    .addHelpText('after', EXAMPLES)
    .action(action((context, inference: string, { board }: { board: string }) => add(context, inference, board)))

async function add(context: Context, inference: string, board: string): Promise<undefined> {
  const handlers = await withCluster(context, async (cluster) => {
    const targets = await cluster.getCoprocessorHandler(undefined, { coprocessorName: board })
    const handlers: ContainerHandler[] = []
    // One after another: the cluster changes an inference by one command at a time.
    for (const target of targets) {
      handlers.push(...(await longWork(context, `adding ${inference} to ${target.name}`, (work) => target.addInference(inference, work))))
    }
    return handlers
  })
  context.output.result(handlers, () => {
    const own = handlers.filter(({ name }) => name === inference)
    context.output.line(`${own.map(({ suffixName }) => suffixName).join(', ')} serves ${inference} on ${board}.`)
  })
}
