import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import type { Register } from './register'

const EXAMPLES = `
Refused with 303 while inferences are registered on it: unload them first. The machine itself is left as it is.

Examples:
  $ aicluster unload --all --board jetson
  $ aicluster boards rm jetson`

export const registerBoardsRemove: Register = (group, action) =>
  group
    .command('rm')
    .summary('remove a board')
    .description('Remove a board on which nothing is registered any more, also from cluster.yaml.')
    .argument('<board>', 'its name')
    .option('--no-write', 'leave cluster.yaml as it is: the next manager has the board again')
    .addHelpText('after', EXAMPLES)
    .action(action((context, board: string, options: { write: boolean }) => remove(context, board, options)))

async function remove(context: Context, board: string, options: { write: boolean }): Promise<undefined> {
  const { output } = context
  await withCluster(context, (cluster) => output.progress(`removing ${board}`, cluster.removeBoard(board, options)))
  output.result({ name: board }, () => output.line(`Board ${board} is removed.`))
}
