import { type AICluster, type CoprocessorHandler, type CoprocessorImage, SshConnectionError } from '@aicluster/host-sdk'
import { type ErrorView, errorView } from '../cli-errors'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import type { Column } from '../output/table'
import { bytesText } from '../output/units'
import type { Register } from './register'

const EXAMPLES = `
A board without a Docker Engine has none. One that cannot be reached is told on stderr, and has an "error" in the JSON; it is
a failure only when it was asked for by its name.

Examples:
  $ aicluster images
  $ aicluster images board1 --json | jq '.[].images[].tags'`

type Row = CoprocessorImage & { board: string }

const COLUMNS: Column<Row>[] = [
  { heading: 'BOARD', text: ({ board }) => board },
  { heading: 'IMAGE', text: ({ id }) => id.replace(/^sha256:/, '').slice(0, 12) },
  { heading: 'TAGS', text: ({ tags }) => tags.join(', ') },
  { heading: 'SIZE', text: ({ size }) => bytesText(size), right: true },
  { heading: 'CREATED', text: ({ created }) => created },
]

export const registerImages: Register = (program, action) =>
  program
    .command('images')
    .summary('list container images')
    .description('List the container images on the boards, or on one.')
    .argument('[board]', 'only the images on this board, or on those with this label: KEY=VALUE, or label:KEY for any value')
    .addHelpText('after', EXAMPLES)
    .action(action((context, board: string | undefined) => images(context, board)))

/** What one board has, or why it could not be asked. */
interface BoardImages {
  name: string
  ip: string
  images: readonly CoprocessorImage[]
  error?: ErrorView
}

async function images(context: Context, selection: string | undefined): Promise<undefined> {
  const { output } = context
  const found = await withCluster(context, (cluster) => output.progress('asking for images', imagesOn(cluster, selection)))
  output.result(found, () => {
    const rows = found.flatMap(({ name, images }) => images.map((image) => ({ ...image, board: name })))
    if (rows.length === 0) output.line('No images there.')
    else output.table(COLUMNS, rows)
  })
  for (const { error } of found) if (error) output.note(error.message, 'yellow')
}

async function imagesOn(cluster: AICluster, selection: string | undefined): Promise<BoardImages[]> {
  const boards = await cluster.getCoprocessorHandler(undefined, selection === undefined ? {} : { coprocessorName: selection })
  return (await Promise.all(boards.map((board) => imagesOf(board, board.name === selection)))).flat()
}

async function imagesOf(board: CoprocessorHandler, named: boolean): Promise<BoardImages[]> {
  try {
    return await board.getImages()
  } catch (error) {
    if (named || !(error instanceof SshConnectionError)) throw error
    return [{ name: board.name, ip: board.ip, images: [], error: errorView(error) }]
  }
}
