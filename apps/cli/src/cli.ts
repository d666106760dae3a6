import { Command, CommanderError } from 'commander'
import { errorView, exitCodeOf, USAGE_HINT, UsageError } from './cli-errors'
import { registerAdd } from './commands/add'
import { registerBoards } from './commands/boards'
import { registerCompletion } from './commands/completion'
import { registerContainers } from './commands/containers'
import { registerDistribution } from './commands/distribution'
import { registerDown } from './commands/down'
import { registerImages } from './commands/images'
import { registerInfer } from './commands/infer'
import { registerKeys } from './commands/keys'
import { registerLoad } from './commands/load'
import { registerLogs } from './commands/logs'
import { registerPs } from './commands/ps'
import { registerPut } from './commands/put'
import { registerQueue } from './commands/queue'
import type { Bind, Register } from './commands/register'
import { registerReload } from './commands/reload'
import { registerStart } from './commands/start'
import { registerStatus } from './commands/status'
import { registerStop } from './commands/stop'
import { registerTop } from './commands/top'
import { registerUnload } from './commands/unload'
import { registerUp } from './commands/up'
import type { Context } from './context'
import { EXIT, type ExitCode } from './exit-codes'
import { GLOBAL_OPTIONS, type GlobalOptions } from './global-options'
import { paintFor } from './output/colors'
import { Output, type OutputStreams } from './output/output'

/** In the order of the help: use, look, manage. */
const COMMANDS: readonly Register[] = [
  registerUp,
  registerLoad,
  registerInfer,
  registerPs,
  registerStatus,
  registerTop,
  registerLogs,
  registerBoards,
  registerContainers,
  registerImages,
  registerQueue,
  registerDistribution,
  registerStart,
  registerStop,
  registerPut,
  registerReload,
  registerAdd,
  registerUnload,
  registerKeys,
  registerDown,
  registerCompletion,
]

const HELP = `
Exit codes:
  0  done
  1  the cluster or the command failed; stderr says "ClassName [code]: message", --json {"error":{code,name,message,details}}
  2  the command line is wrong; nothing was done
  3  no cluster answers (110), or the connection to it went (111)

Examples:
  $ aicluster up --detach
  $ aicluster load --name echo --type Loop
  $ echo hello | aicluster infer echo -
  $ aicluster down`

/** What a run of the command sees of its process. */
export interface World extends OutputStreams {
  env: NodeJS.ProcessEnv
}

/**
 * Run one command line.
 * @param argv - without interpreter and program
 * @returns what the process is to end with
 */
export async function runCli(argv: readonly string[], version: string, world: World): Promise<ExitCode | number> {
  let exitCode: number = EXIT.ok
  const bind: Bind =
    (action) =>
    async (...args) => {
      const context = contextOf(program, world)
      try {
        requireOnePlace(context.options)
        exitCode = (await action(context, ...args)) ?? EXIT.ok
      } catch (error) {
        const view = errorView(error)
        context.output.error(view, commandWords(args.at(-1)))
        exitCode = exitCodeOf(view)
      }
    }
  const program = makeProgram(version, world, bind)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return EXIT.ok
    // Commander has written its message to stderr already; --json may stand after what it stumbled over.
    const message = error.code === 'commander.help' ? 'no command given' : error.message.replace(/^error: /, '')
    if (argv.includes('--json')) world.stdout.write(`${JSON.stringify({ error: errorView(new UsageError(message)) }, null, 2)}\n`)
    return EXIT.usage
  }
}

/** The program with all its commands. */
export function makeProgram(version: string, world: World, bind: Bind): Command {
  const program = new Command('aicluster')
    .description('One inference cluster from this host and its boards: start it, load inferences, run them.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'help for a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => world.stdout.write(text), writeErr: (text) => world.stderr.write(text) })
    .showHelpAfterError(USAGE_HINT)
    .addHelpText('after', HELP)
    .exitOverride()
  for (const option of GLOBAL_OPTIONS) program.addOption(option)
  for (const register of COMMANDS) register(program, bind)
  return program
}

/** A key file may come with an endpoint: the way to its manager may be another one from here. */
function requireOnePlace({ state, endpoint, keyFile }: GlobalOptions): void {
  const other = endpoint !== undefined ? '--endpoint' : keyFile !== undefined ? '--key-file' : undefined
  if (state === undefined || other === undefined) return
  throw new UsageError(`--state and ${other} both say where the manager is: give one of them`)
}

/** `boards rm`. Commander gives an action its command last. */
function commandWords(command: unknown): string {
  const words: string[] = []
  for (let at = command instanceof Command ? command : null; at?.parent; at = at.parent) words.unshift(at.name())
  return words.join(' ')
}

function contextOf(program: Command, { stdout, stderr, env }: World): Context {
  const options = program.opts<GlobalOptions>()
  const paint = { stdout: paintFor(stdout, env, options.color), stderr: paintFor(stderr, env, options.color) }
  return { options, output: new Output({ stdout, stderr }, options.json ?? false, paint, options.quiet), env }
}
