import type { Command } from 'commander'
import { managerArguments } from '../cluster/manager-program'
import { endpointOf, type ManagerWord } from '../cluster/manager-word'
import { runInForeground } from '../cluster/run-in-foreground'
import { startInBackground } from '../cluster/start-in-background'
import { stateFolder } from '../cluster/state-folder'
import type { Context } from '../context'
import { requireHere } from '../global-options'
import type { Register } from './register'

interface UpOptions {
  config?: string
  listen?: string
  detach?: boolean
}

/** Variables that lead other commands to a manager elsewhere. */
const ELSEWHERE = ['AICLUSTER_ENDPOINT', 'AICLUSTER_KEY_FILE'] as const

const EXAMPLES = `
Ctrl-C stops the cluster and its containers. SIGTERM leaves the containers running for the next "aicluster up".

Examples:
  $ aicluster up                              two boards on this machine, nothing to configure
  $ aicluster up -c cluster.yaml              keys and defaults: docs/configuration.md
  $ aicluster up --listen 10.0.0.5            for applications and boards of the network, encrypted
  $ aicluster up --detach                     in the background; "aicluster down" ends it
  $ aicluster up --state /tmp/a --detach      a second cluster beside the first`

export const registerUp: Register = (program: Command, action) =>
  program
    .command('up')
    .summary('start a cluster manager')
    .description('Start a cluster manager on this machine: in the foreground with its log, or in the background.')
    .option('-c, --config <file>', 'cluster.yaml; without it two local boards and Unix sockets')
    .option('--listen <host>', 'bind TCP ports on this address; beyond loopback encrypted, for keys of "aicluster keys add"')
    .option('-d, --detach', 'start it in the background and return once it is ready')
    .addHelpText('after', EXAMPLES)
    .action(action((context, options: UpOptions) => up(context, options)))

async function up(context: Context, { config, listen, detach }: UpOptions): Promise<undefined> {
  const { options, output } = context
  requireHere(options, 'up starts a manager on this machine')
  const state = stateFolder(options.state, context.env)
  const args = managerArguments(config, listen, state)
  const elsewhere = options.state === undefined ? ELSEWHERE.find((name) => context.env[name]) : undefined
  const say = (manager: ManagerWord, log: string | undefined) => {
    const view = { ...manager, endpoint: endpointOf(manager), stateFolder: state, ...(log ? { log } : {}) }
    output.result(view, () => {
      output.line(`AICluster is up (pid ${manager.pid}): ${view.endpoint}`)
      if (manager.admin) output.line(`health and metrics: ${manager.admin}`)
      if (log) output.line(`log: ${log}\n"aicluster down" ends it.`)
      else output.line('Ctrl-C ends it. In another terminal: aicluster status')
    })
    if (elsewhere) output.note(`${elsewhere} is set: other commands will talk to ${context.env[elsewhere]}, not to this cluster`, 'yellow')
  }
  if (!detach) return void (await runInForeground(args, output, (manager) => say(manager, undefined)))
  const { manager, log } = await output.progress('starting the manager', startInBackground(args, state))
  say(manager, log)
}
