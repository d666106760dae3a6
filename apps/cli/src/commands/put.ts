import { resolve } from 'node:path'
import type { FileInfo } from '@aicluster/host-sdk'
import { UsageError } from '../cli-errors'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import { longWork } from '../long-work'
import type { Register } from './register'

const KINDS = ['script', 'model', 'other'] as const
type PutOptions = Partial<Record<(typeof KINDS)[number], string[]>>

const EXAMPLES = `
On every board of the inference or on none. They count from the container's next start: "aicluster reload" makes one.
Refused with 303 while requests are queued or in process.

Examples:
  $ aicluster put digits --model digits-2.onnx && aicluster reload digits
  $ aicluster put digits --script container.js lib.js --other labels.txt`

export const registerPut: Register = (program, action) =>
  program
    .command('put')
    .summary('replace files of an inference')
    .description("Replace files in an inference's folder, on each of its boards.")
    .argument('<inference>', 'its name')
    .option('--script <file...>', 'scripts')
    .option('--model <file...>', 'models')
    .option('--other <file...>', 'other files')
    .addHelpText('after', EXAMPLES)
    .action(action((context, inference: string, options: PutOptions) => put(context, inference, options)))

async function put(context: Context, inference: string, options: PutOptions): Promise<undefined> {
  const given = KINDS.flatMap((kind) => (options[kind] ? [[kind, options[kind].map((path) => resolve(path))] as const] : []))
  if (given.length === 0) throw new UsageError('no file given: give one with --script, --model or --other')
  const files: FileInfo = Object.fromEntries(given)
  const paths = given.flatMap(([, list]) => list)
  await withCluster(context, (cluster) =>
    longWork(context, `putting ${countText(paths)} of ${inference} onto its boards`, (work) => cluster.putFile(inference, files, work)),
  )
  context.output.result({ inference, files }, () =>
    context.output.line(`Put ${countText(paths)} of ${inference}. They count from its next start: aicluster reload ${inference}`),
  )
}

const countText = ({ length }: readonly string[]): string => `${length} ${length === 1 ? 'file' : 'files'}`
