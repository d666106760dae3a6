import { setTimeout as sleep } from 'node:timers/promises'
import { type AICluster, type ContainerLog, SshConnectionError } from '@aicluster/host-sdk'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { milliseconds, wholeNumber } from '../global-options'
import { untilInterrupted } from '../interruption'
import type { Register } from './register'

interface LogsOptions {
  follow?: boolean
  lines: string
  wait: string
}

/** Between two looks at a log that is followed, in ms. */
const FOLLOW_EVERY_MS = 500

const EXAMPLES = `
With --follow a board that goes is waited for: what was printed meanwhile comes once it is back, no line twice and none lost.
With --follow and --json each line is an object of its own: {"line":"..."}.

Examples:
  $ aicluster logs digits-board1
  $ aicluster logs digits-board1 -f -n 0           only what comes from now on; Ctrl-C ends it`

export const registerLogs: Register = (program, action) =>
  program
    .command('logs')
    .summary('show what a container prints')
    .description("Show what a container's program has printed, stdout and stderr as they came.")
    .argument('<container>', 'its own name: "aicluster ps" shows it')
    .option('-f, --follow', 'go on with what it prints from now on, until Ctrl-C')
    .option('-n, --lines <n>', 'how many of the last lines, up to 10000', '100')
    .option('--wait <ms>', 'with --follow: how long to wait for a board that has gone; then it ends with 500', '60000')
    .addHelpText('after', EXAMPLES)
    .action(action((context, container: string, options: LogsOptions) => logs(context, container, options)))

async function logs(context: Context, container: string, { follow, lines: count, wait }: LogsOptions): Promise<undefined> {
  const { output } = context
  const lines = wholeNumber('--lines', count)
  const waitMs = milliseconds('--wait', wait)
  await withCluster(context, async (cluster) => {
    if (follow) return untilInterrupted((signal) => goOn(context, cluster, container, { lines, waitMs }, signal))
    const log = await output.progress(`asking for the log of ${container}`, cluster.getContainerLog(container, { lines }))
    output.result({ container, lines: log.lines }, () => {
      for (const line of log.lines) output.line(line)
    })
  })
}

/** The last lines, and then what comes, without end. */
async function goOn(
  { output }: Context,
  cluster: AICluster,
  container: string,
  { lines, waitMs }: { lines: number; waitMs: number },
  signal: AbortSignal,
): Promise<never> {
  let log = await cluster.getContainerLog(container, { lines, signal })
  for (;;) {
    for (const line of log.lines) output.oneOf({ line }, () => output.line(line))
    // More than one reply holds may be there already.
    if (log.lines.length === 0) await sleep(FOLLOW_EVERY_MS, undefined, { signal })
    const { next: after } = log
    log = await patiently({ output }, () => cluster.getContainerLog(container, { after, signal }), waitMs, signal)
  }
}

/** @throws SshConnectionError (500) its board is away for so long */
async function patiently(
  { output }: Pick<Context, 'output'>,
  ask: () => Promise<ContainerLog>,
  waitMs: number,
  signal: AbortSignal,
): Promise<ContainerLog> {
  let awayAtMs: number | undefined
  for (;;) {
    try {
      const log = await ask()
      if (awayAtMs !== undefined) output.note('Its board is back.', 'dim')
      return log
    } catch (error) {
      if (!(error instanceof SshConnectionError)) throw error
      if (awayAtMs === undefined) output.note(`${error.message}: waiting for it`, 'yellow')
      awayAtMs ??= performance.now()
      if (performance.now() - awayAtMs >= waitMs) throw error
      await sleep(FOLLOW_EVERY_MS, undefined, { signal })
    }
  }
}
