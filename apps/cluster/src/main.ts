import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { AIClusterError } from '@aicluster/protocol'
import { growGenerously } from '@aicluster/transport'
import { pino } from 'pino'
import { ClusterConfig } from './config/cluster-config'
import { loadClusterFile } from './config/load-cluster-file'
import { withListen } from './config/with-listen'
import { keysProgram } from './keys/keys-program'
import { Manager } from './manager'

// The manager's own heap is a few MB: V8 would collect all of it each time as much again of large bodies passes through.
growGenerously()

const HELP = `Usage: aicluster-manager [options]

The cluster manager. Runs in the foreground until SIGINT, SIGTERM or "aicluster down".

Options:
  -c, --config FILE        cluster.yaml; without it: two local boards, Unix sockets
  --listen HOST            bind TCP ports on this address instead of what the configuration says
                           (beyond loopback: encrypted, for known keys only)
  --state DIR              where it keeps what must survive a restart
                           (default: $AICLUSTER_STATE, else ~/.local/state/aicluster)
  --ready-json             print one JSON line on stdout when it is ready: {"event":"ready",...}
  --exit-with-parent       stop everything when the process that started this one ends
                           (needs an IPC channel, as child_process.fork gives)
  -h, --help               this text

SIGINT stops the containers too; SIGTERM leaves them for the next manager to adopt.
A second signal cuts the drain short. Logs go to stderr, one JSON object a line.
`

const [first, ...words] = process.argv.slice(2)
/** Instead of a manager: what `aicluster keys` needs. */
const isKeys = first === 'keys'

const options = () =>
  parseArgs({
    args: isKeys ? [] : process.argv.slice(2),
    options: {
      config: { type: 'string', short: 'c' },
      listen: { type: 'string' },
      state: { type: 'string' },
      'ready-json': { type: 'boolean', default: false },
      'exit-with-parent': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values

let values: ReturnType<typeof options>
try {
  values = options()
} catch (error) {
  // Its first sentence says what is wrong; the others speak of how to write positional arguments, of which there are none.
  process.stderr.write(`aicluster-manager: ${(error as Error).message.split('. ')[0]} (aicluster-manager --help lists the options)\n`)
  process.exit(2)
}

if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

const defaultState = () =>
  process.env.AICLUSTER_STATE ?? join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'aicluster')

async function run(): Promise<void> {
  const configured = values.config ? await loadClusterFile(values.config) : ClusterConfig.parse({})
  const config = values.listen === undefined ? configured : withListen(configured, values.listen)
  const log = pino({ level: config.log_level, base: { thread: 'data' } }, pino.destination({ fd: 2, sync: true }))
  const manager = await Manager.start(
    config,
    values.state ?? defaultState(),
    new URL('./control-thread.js', import.meta.url),
    log,
    (code) => process.exit(code),
    values.config === undefined ? undefined : resolve(values.config),
  )
  const stop = (stopContainers: boolean) => void manager.stop(stopContainers).then(() => process.exit(0))
  process.on('SIGINT', () => stop(true))
  process.on('SIGTERM', () => stop(false))
  if (values['exit-with-parent']) {
    process.on('disconnect', () => stop(true))
    // The parent may have ended while we started.
    if (!process.connected) stop(true)
  }
  log.info({ ...manager.whereabouts, pid: process.pid }, 'ready')
  if (values['ready-json']) process.stdout.write(`${JSON.stringify({ event: 'ready', pid: process.pid, ...manager.whereabouts })}\n`)
}

const describe = (error: unknown): string => {
  if (error instanceof AIClusterError) return `${error.name} [${error.code}]: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}

const work = isKeys ? keysProgram(words, defaultState) : run()
work.catch((error: unknown) => {
  process.stderr.write(`aicluster-manager: ${describe(error)}\n`)
  process.exit(1)
})
