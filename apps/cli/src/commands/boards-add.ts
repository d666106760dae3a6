import { type AICluster, type BoardEntry, type BoardProbe, type CoprocessorHandler, SshConnectionError } from '@aicluster/host-sdk'
import { Option } from 'commander'
import { UsageError } from '../cli-errors'
import { type BoardEntryOptions, boardEntryOf } from '../cluster/board-entry'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { askYes, canAsk } from '../output/ask'
import { probeLines } from '../views/probe-lines'
import type { Register } from './register'

interface AddOptions extends BoardEntryOptions {
  fingerprint?: string
  yes?: boolean
  write: boolean
}

const EXAMPLES = `
The manager connects to the machine, and shows its host key and what it is. Compare the fingerprint with what the board says
of itself (on its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), for who is in between shows another one.
Once you agree, the key is accepted, and the board is added at once and written into cluster.yaml. Paths are those of the
manager's machine. Without --identity-file, --agent and --password-file it is a private key of ~/.ssh, else the SSH agent.

Examples:
  $ aicluster boards add jetson me@10.0.0.12 --label gpu=orin
  $ aicluster boards add lab me@lab.local --agent
  $ aicluster boards add lab me@lab.local --agent=/run/user/1000/ssh-agent
  $ aicluster boards add lab me@lab.local --port 2222 --identity-file ~/.ssh/lab
  $ aicluster boards add jetson me@10.0.0.12 --yes --fingerprint SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDYGnZaEpJzUWjmyEQ`

const collect = (value: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), value]

export const registerBoardsAdd: Register = (group, action) =>
  group
    .command('add')
    .summary('add a board that is reached over SSH')
    .description('Look at a machine, ask once, and make it a board of the cluster.')
    .argument('<name>', 'what the board is to be called')
    .argument('<user@host>', 'user and address of the machine')
    .option('--port <port>', 'port of its SSH server (default: 22)')
    .option('--identity-file <file>', 'private key that opens it')
    .option('--agent [socket]', "the SSH agent of the manager's environment; --agent=SOCKET: the one at this socket")
    .option('--password-file <file>', 'file whose first line is the password')
    .addOption(new Option('--label <label>', 'a label: KEY=VALUE; may be repeated').argParser(collect))
    .option('--advertise <address>', "address at which its containers reach the manager (default: the manager's own on the connection)")
    .option('--fingerprint <fingerprint>', 'the host key that it has to show: SHA256:…')
    .option('--yes', 'do not ask; needs --fingerprint')
    .option('--no-write', 'leave cluster.yaml as it is: the next manager does not know the board')
    .addHelpText('after', EXAMPLES)
    .action(action((context, name: string, target: string, options: AddOptions) => add(context, name, target, options)))

async function add(context: Context, name: string, target: string, options: AddOptions): Promise<undefined> {
  const { output } = context
  requireAnswer(context, options)
  const entry = boardEntryOf(name, target, options, { env: context.env })
  const board = await withCluster(context, (cluster) => probeAndAdd(context, cluster, entry, options))
  if (!board) {
    output.note('Nothing was added.')
    return
  }
  output.result(board, () => {
    output.line(`Board ${board.name} is added${options.write ? '' : ', until the manager ends'}.`)
    output.line(`Next: aicluster load FILE --board ${board.name}`)
  })
}

/** @throws UsageError nobody can be asked, or nobody has said which key is meant */
function requireAnswer({ output }: Context, { yes, fingerprint }: AddOptions): void {
  if (yes && fingerprint === undefined) {
    throw new UsageError('--yes needs --fingerprint: without it nobody has compared the host key with anything')
  }
  if (!yes && (output.json || !canAsk())) throw new UsageError('there is no terminal to ask on: give --yes and --fingerprint')
}

async function probeAndAdd(
  context: Context,
  cluster: AICluster,
  entry: BoardEntry,
  { fingerprint, yes, write }: AddOptions,
): Promise<CoprocessorHandler | undefined> {
  const { output } = context
  const probe = (accepted: string | undefined) =>
    output.progress(`looking at ${entry.name}`, cluster.probeBoard(entry, accepted === undefined ? {} : { fingerprint: accepted }))
  let seen = await probe(fingerprint)
  show(context, seen)
  const { hostKey } = seen
  if (!hostKey) throw notUsable(seen)
  // With a password nobody logs in before the key is accepted. Every other way in has been tried: nobody is asked in vain.
  if (entry.passwordFile !== undefined && !seen.facts && hostKey.state === 'unknown' && fingerprint === undefined) {
    if (!(await askYes('Is this its fingerprint?'))) return undefined
    seen = await probe(hostKey.fingerprint)
    show(context, seen)
  }
  if (!seen.facts || remaining(seen).length > 0) throw notUsable(seen)
  if (!yes && !(await askYes(hostKey.state === 'unknown' ? 'Is this its fingerprint, and add the board?' : 'Add the board?')))
    return undefined
  return output.progress(`adding ${entry.name}`, cluster.addBoard(entry, { fingerprint: hostKey.fingerprint, write }))
}

function show({ output }: Context, probe: BoardProbe): void {
  if (output.json) return
  // What is wrong is told once, by the error.
  for (const [text, color] of probeLines({ ...probe, problems: [] })) output.note(text, color)
}

/** That the key is unknown is what is asked about. */
const remaining = ({ problems, hostKey }: BoardProbe): BoardProbe['problems'] =>
  hostKey?.state === 'unknown' ? problems.filter(({ what }) => !what.includes(`${hostKey.fingerprint} is unknown`)) : problems

function notUsable(probe: BoardProbe): SshConnectionError {
  const { name } = probe
  const problems = (remaining(probe).length > 0 ? remaining(probe) : probe.problems).map(({ what, cure }) => ({
    what,
    // It is none of the cluster's boards yet, which is all that check looks at.
    cure: cure.replace(/aicluster boards check$/, 'aicluster boards add again'),
  }))
  const detail = `board "${name}" cannot be used: ${problems.map(({ what, cure }) => `${what} (${cure})`).join('; ')}. Nothing was added`
  return new SshConnectionError('ssh', { detail, details: { board: name, problems } })
}
