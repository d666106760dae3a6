import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type BenchCase, DEFAULT_CASES, parseCase } from './cases'

export type Transport = 'ipc' | 'tcp'

export interface BenchOptions {
  cases: BenchCase[]
  rounds: number
  seconds: number
  transport: Transport
  containers: number
  credits: number
  /** This checkout. */
  root: string
  /** Another built checkout to compare with. */
  against: string | undefined
  /** Measure ours encrypted too. */
  curve: boolean
  /** Folder for CPU profiles of our processes. */
  profile: string | undefined
  json: boolean
}

export const HELP = `Usage: npm run bench -- [options]

Echo requests through application, manager and container, beside the floor: the same bytes through bare zeromq.js
sockets that one process forwards. The two take turns; trust the ratio, not the requests/s.

Options:
  --case NAME       one load, SIZE-dDEPTH; may be repeated (default: ${DEFAULT_CASES.join(', ')})
  --rounds N        blocks of each per case (default 5)
  --seconds N       length of a block (default 2)
  --transport T     ipc or tcp (loopback), for both (default ipc)
  --containers N    containers, one on each of N boards (default 1)
  --credits N       requests a container may hold at once, its max_send_num (default 64)
  --against DIR     measure another built checkout of this repository in the same turns
  --curve           measure ours with CURVE too, in the same turns, all over tcp
  --profile DIR     write a CPU profile of each of our processes to DIR/CASE/PROCESS (slows them down)
  --json            print one JSON object as the last line
  -h, --help        this text
`

/** Files of a checkout that are measured: all of them are made by its build. */
export const builtFiles = (root: string) => ({
  manager: join(root, 'apps/cluster/dist/main.js'),
  hostSdk: join(root, 'packages/host-sdk/dist/index.js'),
  containerSdk: join(root, 'packages/container-sdk/dist/index.js'),
})

/**
 * @returns undefined when help is asked for
 * @throws Error naming option and value
 */
export function readOptions(args: string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      case: { type: 'string', multiple: true, default: DEFAULT_CASES },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      transport: { type: 'string' },
      containers: { type: 'string', default: '1' },
      credits: { type: 'string', default: '64' },
      against: { type: 'string' },
      profile: { type: 'string' },
      curve: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const { curve, transport = curve ? 'tcp' : 'ipc' } = values
  if (curve && transport === 'ipc') throw new Error('--curve needs --transport tcp: Unix sockets are not encrypted')
  if (transport !== 'ipc' && transport !== 'tcp') throw new Error(`--transport is "${transport}", it must be ipc or tcp`)
  const root = fileURLToPath(new URL('../../../', import.meta.url))
  const against = values.against === undefined ? undefined : resolve(values.against)
  for (const checkout of [root, against]) if (checkout !== undefined) requireBuilt(checkout)
  return {
    cases: values.case.map(parseCase),
    rounds: between('rounds', values.rounds, 1, 1000),
    seconds: between('seconds', values.seconds, 0.1, 600, true),
    transport,
    containers: between('containers', values.containers, 1, 256),
    credits: between('credits', values.credits, 1, 100_000),
    root,
    against,
    curve,
    profile: values.profile === undefined ? undefined : resolve(values.profile),
    json: values.json,
  }
}

function between(option: string, text: string, least: number, most: number, fractions = false): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most && (fractions || Number.isInteger(value))) return value
  throw new Error(`--${option} is "${text}", it must be ${fractions ? 'a number' : 'a whole number'} from ${least} to ${most}`)
}

function requireBuilt(checkout: string): void {
  const missing = Object.values(builtFiles(checkout)).find((file) => !existsSync(file))
  if (missing !== undefined) throw new Error(`${missing} does not exist: run "npm run build" in ${checkout} first`)
}
