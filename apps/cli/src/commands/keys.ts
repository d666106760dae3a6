import type { Command } from 'commander'
import { UsageError } from '../cli-errors'
import { runKeys } from '../cluster/run-keys'
import type { Context } from '../context'
import type { Column } from '../output/table'
import type { Register } from './register'

interface KeyView {
  name: string
  may: string
  publicKey: string
  created: string
}

interface AddedKey extends KeyView {
  file: string
  address: string
  encrypted: boolean
  manager: string
}

interface AddOptions {
  may?: string
  out?: string
  address?: string
}

const EXAMPLES = `
A key is one application's, or one user's. It may infer and look; commands that change the cluster need --may manage, which is
the right to run programs and read files where the manager runs.

They work on the state folder, whether the manager runs or not; one that runs takes the change up at once.

Examples:
  $ aicluster up --detach --listen 10.0.0.5
  $ aicluster keys add camera --out camera.key.json
  $ aicluster keys add admin --may manage
  $ aicluster keys ls
  $ aicluster keys revoke camera`

const example = (...lines: string[]): string => ['\nExamples:', ...lines.map((line) => `  $ ${line}`)].join('\n')

const COLUMNS: Column<KeyView>[] = [
  { heading: 'NAME', text: ({ name }) => name },
  { heading: 'MAY', text: ({ may }) => may },
  { heading: 'CREATED', text: ({ created }) => created },
  { heading: 'PUBLIC KEY', text: ({ publicKey }) => publicKey },
]

export const registerKeys: Register = (program: Command, action) => {
  const group = program
    .command('keys')
    .summary('who may connect over the network')
    .description('Make, list and revoke the keys of applications that connect over the network.')
    .addHelpText('after', EXAMPLES)
  group
    .command('init')
    .summary("make the manager's key pair")
    .description("Make the manager's key pair, if there is none, and print its public key. A manager that needs one makes it by itself.")
    .addHelpText('after', example('aicluster keys init'))
    .action(action((context) => init(context)))
  group
    .command('add')
    .argument('<name>', 'of the application')
    .summary('let an application in')
    .description('Make a key, and the one file that its application needs: address, keys, token. Keep it as a secret.')
    .option('--may <right>', 'infer or manage (default: infer)')
    .option('--out <file>', 'where the file goes; it must not exist yet (default: NAME.key.json)')
    .option('--address <host>', 'where the application finds the manager (default: where it listens)')
    .addHelpText('after', example('aicluster keys add camera --out camera.key.json', 'aicluster keys add admin --may manage'))
    .action(action((context, name: string, options: AddOptions) => add(context, name, options)))
  group
    .command('ls')
    .summary('list keys')
    .description('List the keys of applications, and what each may do.')
    .addHelpText('after', example('aicluster keys ls'))
    .action(action((context) => list(context)))
  group
    .command('revoke')
    .argument('<name>', 'of the key')
    .summary('let an application in no more')
    .description('Revoke a key: its application is refused from now on, and what it has open ends.')
    .addHelpText('after', example('aicluster keys revoke camera'))
    .action(action((context, name: string) => revoke(context, name)))
  return group
}

async function init(context: Context): Promise<undefined> {
  const result = await runKeys<{ serverKey: string }>(context, ['init'])
  context.output.result(result, () => context.output.line(`The manager's public key: ${result.serverKey}`))
}

async function add(context: Context, name: string, { may, out, address }: AddOptions): Promise<undefined> {
  if (may !== undefined && may !== 'infer' && may !== 'manage')
    throw new UsageError(`--may is ${JSON.stringify(may)}, it must be infer or manage`)
  const words = [
    'add',
    ...(may ? ['--may', may] : []),
    ...(out ? ['--out', out] : []),
    ...(address ? ['--address', address] : []),
    '--',
    name,
  ]
  const key = await runKeys<AddedKey>(context, words)
  const { output } = context
  output.result(key, () => {
    output.line(`${key.name} may ${key.may}. Give its application ${key.file} (a secret), and set AICLUSTER_KEY_FILE to where it lies.`)
    output.line(
      `It says that the manager is at ${key.address}.${key.encrypted ? '' : ' NOT ENCRYPTED: the manager listens without CURVE.'}`,
    )
  })
  warnOf(context, key.manager)
}

async function list(context: Context): Promise<undefined> {
  const { keys } = await runKeys<{ keys: KeyView[] }>(context, ['ls'])
  const { output } = context
  output.result(keys, () => {
    if (keys.length === 0) output.line('No keys. "aicluster keys add NAME" makes one.')
    else output.table(COLUMNS, keys)
  })
}

async function revoke(context: Context, name: string): Promise<undefined> {
  const key = await runKeys<KeyView & { manager: string }>(context, ['revoke', '--', name])
  context.output.result(key, () => context.output.line(`Revoked ${key.name}.`))
  warnOf(context, key.manager)
}

function warnOf({ output }: Context, manager: string): void {
  if (manager === 'has not answered') output.note('the manager has not taken it up yet: see its log', 'yellow')
}
