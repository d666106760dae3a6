import { readFile } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import { type AICluster, type CallOptions, type NdArray, RequestAbortedError } from '@aicluster/host-sdk'
import { type ErrorView, errorText, errorView, exitCodeOf, UsageError } from '../cli-errors'
import { withCluster } from '../cluster/with-cluster'
import { unreadable } from '../config-file'
import type { Context } from '../context'
import { milliseconds } from '../global-options'
import { decodeImage } from '../images/decode-image'
import { interruptible } from '../interruption'
import { jsonResult, resultText } from '../output/result-view'
import type { Register } from './register'

/** Files that are on their way at once. */
const IN_FLIGHT = 32

interface InferOptions {
  raw?: boolean
  param?: string
  timeout?: string
}

const EXAMPLES = `
PNG and JPEG files are decoded: uint8, [height, width] for greyscale, [height, width, 3] for colour. Other files, and all
with --raw, are sent as bytes. "-" is standard input. One line for each file, in their order; arrays and bytes in a result
are summarised, --json has them in base64. One file that fails does not stop the others; the exit code is then not 0.
Ctrl-C takes back what is not answered yet (312, exit code 1).

Examples:
  $ aicluster infer digits 7.png
  $ aicluster infer digits *.png --json | jq -c '.results[] | [.file, .result.digit]'
  $ aicluster infer ocr page.jpg --param '{"language":"de"}'
  $ echo hello | aicluster infer echo -`

export const registerInfer: Register = (program, action) =>
  program
    .command('infer')
    .summary('run an inference on files')
    .description('Run an inference on files, and print what its containers answer.')
    .argument('<inference>', 'its name')
    .argument('<files...>', 'images, or anything else')
    .option('--raw', 'send images as bytes too')
    .option('--param <json>', 'an object that the container gets as metadata')
    .option('--timeout <ms>', "ms for each file (default: the inference's own time-outs)")
    .addHelpText('after', EXAMPLES)
    .action(action((context, name: string, files: string[], options: InferOptions) => infer(context, name, files, options)))

/** What came of one file. */
interface Outcome {
  file: string
  result?: unknown
  error?: ErrorView
  /** From the moment it was sent, as this command saw it, in ms. */
  elapsedMs?: number
}

async function infer(context: Context, name: string, files: readonly string[], options: InferOptions): Promise<number | undefined> {
  const { output } = context
  const param = options.param === undefined ? undefined : parseParam(options.param)
  const timeout = options.timeout === undefined ? undefined : milliseconds('--timeout', options.timeout, 1)
  const outcomes = await withCluster(context, (cluster) =>
    interruptible(async (signal) => {
      const run = async (file: string): Promise<Outcome> => {
        try {
          const data = await readData(file, options.raw ?? false, signal)
          const sentAt = performance.now()
          const result = await send(cluster, name, data, param, { signal, ...(timeout === undefined ? {} : { timeout }) })
          return { file, result, elapsedMs: Math.round((performance.now() - sentAt) * 100) / 100 }
        } catch (error) {
          return { file, error: errorView(signal.aborted ? new RequestAbortedError('requestAborted', { detail: 'interrupted' }) : error) }
        }
      }
      return output.progress(
        `waiting for ${name}`,
        inOrder(files, run, (outcome) => (output.json || isInterrupted(outcome) ? undefined : show(context, outcome))),
      )
    }),
  )
  const failed = outcomes.find(({ error }) => error)?.error
  output.result({ ...(failed ? { error: failed } : {}), results: outcomes.map(asJson) }, () => tellInterruption(context, outcomes))
  return failed ? exitCodeOf(failed) : undefined
}

const isInterrupted = ({ error }: Outcome): boolean => error?.name === 'RequestAbortedError'

/** Once for all files: there may be thousands. */
function tellInterruption({ output }: Context, outcomes: readonly Outcome[]): void {
  const error = outcomes.find(isInterrupted)?.error
  if (!error) return
  const count = outcomes.filter(isInterrupted).length
  output.note(errorText({ ...error, message: `${error.message}; ${count} of ${outcomes.length} files have no answer` }, 'infer'), 'red')
}

const asJson = (outcome: Outcome) => (outcome.error ? outcome : { ...outcome, result: jsonResult(outcome.result) })

function show({ output }: Context, { file, result, error, elapsedMs }: Outcome): void {
  if (error) output.note(`${file}: ${errorText(error, 'infer')}`, 'red')
  else output.line(`${file}: ${resultText(result)} (${elapsedMs} ms)`)
}

async function readData(file: string, raw: boolean, signal: AbortSignal): Promise<Uint8Array | NdArray> {
  let bytes: Buffer
  try {
    bytes = await (file === '-' ? standardInput(signal) : readFile(file, { signal }))
  } catch (cause) {
    throw unreadable(file, cause)
  }
  return raw ? bytes : (decodeImage(file, bytes) ?? bytes)
}

async function standardInput(signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of addAbortSignal(signal, process.stdin)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function send(
  cluster: AICluster,
  name: string,
  data: Uint8Array | NdArray,
  param: Record<string, unknown> | undefined,
  options: CallOptions,
): Promise<unknown> {
  if (!(data instanceof Uint8Array)) return cluster.inferImage(name, data, param, options)
  return (await cluster.infer(name, data, param, options)).result
}

/** Work on several at once, and tell of each as soon as those before it have been told of. */
async function inOrder<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>, tell: (outcome: Out) => void): Promise<Out[]> {
  const outcomes: Promise<Out>[] = []
  let next = 0
  const settle: ((outcome: Out) => void)[] = []
  for (const _ of items) outcomes.push(new Promise((resolve) => settle.push(resolve)))
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) settle[index]?.(await work(items[index] as In))
  }
  const workers = Array.from({ length: Math.min(IN_FLIGHT, items.length) }, worker)
  const done: Out[] = []
  for (const outcome of outcomes) {
    done.push(await outcome)
    tell(done.at(-1) as Out)
  }
  await Promise.all(workers)
  return done
}

function parseParam(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`--param is no JSON: ${(error as Error).message}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new UsageError(`--param must be a JSON object, such as '{"language":"de"}'`)
}
