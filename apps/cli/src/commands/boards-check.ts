import type { BoardProbe } from '@aicluster/host-sdk'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { EXIT } from '../exit-codes'
import { probeLines } from '../views/probe-lines'
import type { Register } from './register'

const EXAMPLES = `
Each board is connected to anew and looked at; nothing is changed. The exit code is 1 when something is wrong with one.

Examples:
  $ aicluster boards check
  $ aicluster boards check jetson
  $ aicluster boards check --json | jq '.[].problems[].cure'`

export const registerBoardsCheck: Register = (group, action) =>
  group
    .command('check')
    .summary('say what is wrong with boards, and how to mend it')
    .description('Look at the boards, or at one, and say what is wrong with each and how to mend it.')
    .argument('[board]', 'only this board, or those with this label: KEY=VALUE, or label:KEY for any value')
    .addHelpText('after', EXAMPLES)
    .action(action((context, board: string | undefined) => check(context, board)))

async function check(context: Context, board: string | undefined): Promise<number> {
  const { output } = context
  const probes = await withCluster(context, (cluster) => output.progress('looking at the boards', cluster.checkBoards(board)))
  output.result(probes, () => {
    for (const probe of probes) show(context, probe)
  })
  return probes.some(({ problems }) => problems.length > 0) ? EXIT.failed : EXIT.ok
}

function show({ output }: Context, probe: BoardProbe): void {
  for (const [text, color] of probeLines(probe)) output.line(text, color)
  if (probe.problems.length === 0) output.line('  ready', 'green')
}
