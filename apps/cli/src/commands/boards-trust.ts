import { type BoardProbe, SshConnectionError } from '@aicluster/host-sdk'
import { UsageError } from '../cli-errors'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { askYes, canAsk } from '../output/ask'
import type { Register } from './register'

interface TrustOptions {
  fingerprint?: string
  yes?: boolean
}

const EXAMPLES = `
For a board that was installed anew, or whose host key nobody has accepted yet. Compare the new fingerprint with what the
board says of itself (on its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub): a key that changed for no reason
that you know may be somebody in between.

Examples:
  $ aicluster boards trust jetson
  $ aicluster boards trust jetson --yes --fingerprint SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDYGnZaEpJzUWjmyEQ`

export const registerBoardsTrust: Register = (group, action) =>
  group
    .command('trust')
    .summary('accept the host key that a board shows now')
    .description('Show the known and the new host key of a board, ask, and accept the new one.')
    .argument('<board>', 'its name')
    .option('--fingerprint <fingerprint>', 'the host key that it has to show: SHA256:…')
    .option('--yes', 'do not ask; needs --fingerprint')
    .addHelpText('after', EXAMPLES)
    .action(action((context, board: string, options: TrustOptions) => trust(context, board, options)))

async function trust(context: Context, board: string, { yes, fingerprint }: TrustOptions): Promise<undefined> {
  const { output } = context
  if (yes && fingerprint === undefined) {
    throw new UsageError('--yes needs --fingerprint: without it nobody has compared the host key with anything')
  }
  if (!yes && (output.json || !canAsk())) throw new UsageError('there is no terminal to ask on: give --yes and --fingerprint')
  const trusted = await withCluster(context, async (cluster) => {
    const wanted = yes ? fingerprint : await shownAndAgreed(context, board, fingerprint, () => cluster.checkBoards(board))
    return wanted === undefined ? undefined : output.progress(`accepting the key of ${board}`, cluster.trustBoard(board, wanted))
  })
  if (!trusted) {
    output.note('Nothing was changed.')
    return
  }
  output.result(trusted, () => output.line(`${board} is trusted with ${trusted.fingerprint}.`))
}

/** @returns the fingerprint that somebody has agreed to */
async function shownAndAgreed(
  { output }: Context,
  board: string,
  fingerprint: string | undefined,
  look: () => Promise<BoardProbe[]>,
): Promise<string | undefined> {
  const [probe] = await output.progress(`looking at ${board}`, look())
  const hostKey = probe?.hostKey
  if (!hostKey) {
    const why = probe?.problems.map(({ what, cure }) => `${what} (${cure})`).join('; ') || 'it has no host key'
    throw new SshConnectionError('ssh', { detail: `board "${board}": ${why}`, details: { board } })
  }
  if (fingerprint === undefined && hostKey.state === 'accepted') {
    output.note(`${board} shows ${hostKey.fingerprint}, which is accepted already.`)
    return undefined
  }
  output.note(`known  ${hostKey.expected.join(', ') || 'none'}`)
  output.note(`new    ${fingerprint ?? hostKey.fingerprint}`, 'yellow')
  return (await askYes('Accept the new one?')) ? (fingerprint ?? hostKey.fingerprint) : undefined
}
