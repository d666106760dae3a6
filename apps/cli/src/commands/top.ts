import { setTimeout as sleep } from 'node:timers/promises'
import { type AICluster, ConnectionFailedError } from '@aicluster/host-sdk'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { untilInterrupted } from '../interruption'
import { onKey } from '../output/keys'
import type { ScreenLine } from '../output/screen'
import { type Snapshot, takeSnapshot } from '../views/snapshot'
import { topLines, topView } from '../views/top-view'
import type { Register } from './register'

/** Between two frames, and between the two moments whose difference is a rate, in ms. */
const INTERVAL_MS = 1_000
const CTRL_C = '\u0003'

const EXAMPLES = `
On a terminal it is drawn anew every second until q or Ctrl-C; elsewhere, with --once and with --json it is shown once.
ANSWERS/S counts what containers answered during the last second.

Examples:
  $ aicluster top
  $ aicluster top --once
  $ aicluster top --json | jq .requests`

export const registerTop: Register = (program, action) =>
  program
    .command('top')
    .summary('watch the cluster')
    .description('Watch boards, containers, queues, credits and rates.')
    .option('--once', 'show one second and end')
    .addHelpText('after', EXAMPLES)
    .action(action((context, { once }: { once?: boolean }) => top(context, once ?? false)))

async function top(context: Context, once: boolean): Promise<undefined> {
  const { output } = context
  const live = output.isTerminal && !output.json && !once
  await withCluster(context, (cluster) => (live ? watch(context, cluster) : showOnce(context, cluster)))
}

async function showOnce({ output }: Context, cluster: AICluster): Promise<void> {
  const before = await takeSnapshot(cluster)
  await sleep(INTERVAL_MS)
  const view = topView(before, await takeSnapshot(cluster))
  output.result(view, () => {
    for (const [text, color] of topLines(view)) output.line(text, color)
  })
}

async function watch({ output }: Context, cluster: AICluster): Promise<void> {
  const screen = output.screen()
  await untilInterrupted(async (signal, interrupt) => {
    const releaseKeys = onKey((key) => {
      if (key === 'q' || key === CTRL_C) interrupt()
    })
    try {
      let before: Snapshot | undefined
      let lines: ScreenLine[] = []
      for (;;) {
        const now = await snapshotUnlessLost(cluster, signal)
        if (now) lines = topLines(topView(before, now))
        screen.draw([statusLine(now !== undefined), ...lines])
        before = now
        await sleep(INTERVAL_MS, undefined, { signal })
      }
    } finally {
      releaseKeys()
      screen.close()
    }
  })
}

/** The connection comes back by itself, also to the manager's successor. */
async function snapshotUnlessLost(cluster: AICluster, signal: AbortSignal): Promise<Snapshot | undefined> {
  try {
    return await takeSnapshot(cluster, { signal })
  } catch (error) {
    if (error instanceof ConnectionFailedError) return undefined
    throw error
  }
}

const statusLine = (connected: boolean): ScreenLine => {
  const time = new Date().toLocaleTimeString('en-GB')
  return connected
    ? [`aicluster top, ${time} (q ends it)`, 'dim']
    : [`${time}: the connection is lost; below is what was last known`, 'red']
}
