import type { AICluster, CoprocessorImage, CoprocessorImages } from '@aicluster/host-sdk'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import type { Column } from '../output/table'
import { bytesText } from '../output/units'
import type { Register } from './register'

const EXAMPLES = `
A board without a Docker Engine has none.

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
    .argument('[board]', 'only the images on this board, or on those with this label: label=value, label:KEY')
    .addHelpText('after', EXAMPLES)
    .action(action((context, board: string | undefined) => images(context, board)))

const imagesOn = async (cluster: AICluster, board: string): Promise<CoprocessorImages[]> =>
  (await Promise.all((await cluster.getCoprocessorHandler(undefined, { coprocessorName: board })).map((one) => one.getImages()))).flat()

async function images(context: Context, board: string | undefined): Promise<undefined> {
  const { output } = context
  const found = await withCluster(context, (cluster) => {
    const asked = board === undefined ? cluster.getCoprocessorImages() : imagesOn(cluster, board)
    return output.progress('asking for images', asked)
  })
  output.result(found, () => {
    const rows = found.flatMap(({ name, images }) => images.map((image) => ({ ...image, board: name })))
    if (rows.length === 0) output.line('No images there.')
    else output.table(COLUMNS, rows)
  })
}
