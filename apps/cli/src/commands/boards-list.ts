import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { BOARD_COLUMNS, type BoardView, boardViews, CREDITS_COLUMN, LABELS_COLUMN, useColumns } from '../views/board-view'
import { takeSnapshot } from '../views/snapshot'
import type { Register } from './register'

const EXAMPLES = `
FREE CREDITS: requests that its connected containers would take at once, of those they may hold.

Examples:
  $ aicluster boards
  $ aicluster boards ls --json | jq -r '.[] | select(.freeCredits > 0).name'`

/** Names of inferences in one cell. */
const MAX_NAMES = 4

export const registerBoardsList: Register = (group, action) =>
  group
    .command('ls', { isDefault: true })
    .summary('list boards')
    .description('List the boards: their address and state, what is on them, containers, free credits and labels.')
    .addHelpText('after', EXAMPLES)
    .action(action((context) => list(context)))

async function list(context: Context): Promise<undefined> {
  const { output } = context
  const views = await withCluster(context, async (cluster) => boardViews(await output.progress('asking for boards', takeSnapshot(cluster))))
  output.result(views, () => {
    if (views.length === 0) output.line('No boards. The configuration of the cluster names them.')
    else
      output.table(
        [...BOARD_COLUMNS, CREDITS_COLUMN, ...useColumns(views), LABELS_COLUMN, { heading: 'INFERENCES', text: namesText }],
        views,
      )
  })
}

const namesText = ({ inferences }: BoardView): string => {
  const more = inferences.length - MAX_NAMES
  return [...inferences.slice(0, MAX_NAMES), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
