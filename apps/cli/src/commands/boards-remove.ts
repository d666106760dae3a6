import type { RemoveBoardOptions } from '@aicluster/host-sdk'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { forgottenLines } from '../views/forgotten'
import type { Register } from './register'

const EXAMPLES = `
Refused with 303 while inferences are registered on it: unload them first, or say --force. That also gets rid of a board that has died:
its containers are forgotten. The machine itself is left as it is.

Examples:
  $ aicluster unload --all --board jetson
  $ aicluster boards rm jetson
  $ aicluster boards rm jetson --force           also where something is registered on it`

export const registerBoardsRemove: Register = (group, action) =>
  group
    .command('rm')
    .summary('remove a board')
    .description('Remove a board on which nothing is registered any more, also from cluster.yaml.')
    .argument('<board>', 'its name')
    .option('--no-write', 'leave cluster.yaml as it is: the next manager has the board again')
    .option('--force', 'first unload what is registered there; forget what cannot be reached')
    .addHelpText('after', EXAMPLES)
    .action(action((context, board: string, options: RemoveBoardOptions) => remove(context, board, options)))

async function remove(context: Context, board: string, options: RemoveBoardOptions): Promise<undefined> {
  const { output } = context
  const { forgotten } = await withCluster(context, (cluster) => output.progress(`removing ${board}`, cluster.removeBoard(board, options)))
  output.result({ name: board, forgotten }, () => {
    for (const line of forgottenLines(forgotten)) output.line(line)
    output.line(`Board ${board} is removed.`)
  })
}
