import type { ContainerHandler } from '@aicluster/host-sdk'
import { UsageError } from '../cli-errors'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { milliseconds } from '../global-options'
import { longWork } from '../long-work'
import { forgottenLines } from '../views/forgotten'
import type { Register } from './register'

interface UnloadOptions {
  all?: boolean
  board?: string
  drain?: string
  keepImage?: boolean
  force?: boolean
}

const EXAMPLES = `
Refused with 303 while requests are queued or in process; --drain gives them time.
Refused with 500 while a board of theirs is down. For a board that will not come back, --force forgets its containers: they are let in
no more, and are removed as soon as the board is back in this cluster. Until then they may run on there.

Examples:
  $ aicluster unload digits
  $ aicluster unload digits --board board2 --drain 10000
  $ aicluster unload --all                       everything on every board
  $ aicluster unload --all --board board1        everything on one board
  $ aicluster unload --all --board board1 --force    the same, of a board that has died`

export const registerUnload: Register = (program, action) =>
  program
    .command('unload')
    .summary('stop containers and forget them')
    .description('Stop the containers of an inference and forget them, on every board or on one.')
    .argument('[inference]', 'its name')
    .option('--all', 'every inference')
    .option(
      '--board <board>',
      'only on this board, or on those with this label: KEY=VALUE, or label:KEY for any value (default: on every board)',
    )
    .option('--drain <ms>', 'wait so long for requests that are queued or in process')
    .option('--keep-image', 'leave the images on the boards (default: delete those that nothing else uses)')
    .option('--force', 'forget containers on boards that cannot be reached')
    .addHelpText('after', EXAMPLES)
    .action(action((context, name: string | undefined, options: UnloadOptions) => unload(context, name, options)))

async function unload(
  context: Context,
  name: string | undefined,
  { all, board, drain, keepImage, force }: UnloadOptions,
): Promise<undefined> {
  if (!name && !all) throw new UsageError('no inference given, which would mean every one: give its name, or say --all')
  if (name && all) throw new UsageError(`${name} and --all contradict each other: give one of them`)
  if (board === 'all') throw new UsageError('--board takes one board: leave it out for every board')
  const drainMs = drain === undefined ? undefined : milliseconds('--drain', drain)
  const { output } = context
  const { gone, remaining } = await withCluster(context, async (cluster) => {
    const before = await cluster.getContainerHandler()
    const choice = {
      ...(name ? { inferenceName: name } : {}),
      ...(board ? { coprocessorName: board } : {}),
      ...(drainMs === undefined ? {} : { drainMs }),
      ...(keepImage ? { deleteImage: false } : {}),
      ...(force ? { force } : {}),
    }
    const what = `unloading ${name ?? 'everything'}${board ? ` on ${board}` : ''}`
    const after = await longWork(context, what, ({ signal }) => cluster.unloadInference({ ...choice, ...(signal ? { signal } : {}) }))
    const left = new Set(after.map(({ suffixName }) => suffixName))
    return { gone: before.filter(({ suffixName }) => !left.has(suffixName)), remaining: after }
  })
  const { images, forgotten } = remaining
  output.result({ unloaded: gone.map(suffixNameOf), remaining: remaining.map(suffixNameOf), images, forgotten }, () => {
    output.line(gone.length === 0 ? 'Nothing to unload there.' : `Unloaded ${gone.map(suffixNameOf).join(', ')}.`)
    for (const { image, coprocessorName, deleted, reason } of images) {
      output.line(deleted ? `Deleted image ${image} on ${coprocessorName}.` : `Kept image ${image} on ${coprocessorName}: ${reason}.`)
    }
    for (const line of forgottenLines(forgotten)) output.line(line)
    output.line(remaining.length === 0 ? 'Nothing is loaded any more.' : `Still loaded: ${remaining.map(suffixNameOf).join(', ')}.`)
  })
}

const suffixNameOf = ({ suffixName }: ContainerHandler): string => suffixName
