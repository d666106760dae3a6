import { parseArgs } from 'node:util'

/** What one of our demos is started by: `npm run COMMAND`. */
export type DemoCommand = 'demo' | 'demo:boards'

const ABOUT: Record<DemoCommand, string> = {
  demo: 'Starts a cluster of two boards on this machine, lets it read handwritten digits, and stops it again.',
  'demo:boards': `Starts three boards that this machine plays (Linux, root, Docker: see tooling/rig), reached over SSH, and a cluster on them.
Lets it read handwritten digits in containers, pulls the cable of one board in the middle, and stops everything again.`,
}

export const helpOf = (command: DemoCommand): string => `Usage: npm run ${command} [-- options]

${ABOUT[command]}

Options:
  --requests N   send N requests: the held-out images, over and over (default: each image once)
  --json         print one JSON object on stdout, and nothing else
  -h, --help     this text

Exit code: 0 everything answered, accuracy at least 0.95, every board used; 1 not so, or it could not run;
2 wrong options; 129, 130, 143 ended by SIGHUP, SIGINT (Ctrl-C), SIGTERM.
`

/** More would be a number typed by mistake; the times of every request are kept. */
const MAX_REQUESTS = 10_000_000

export interface Options {
  help: boolean
  json: boolean
  /** How many to send; undefined: each image once. */
  requests: number | undefined
}

/** The command line is wrong; the message says what and how to write it. */
export class OptionError extends Error {}

/** @throws OptionError: an unknown option, a value that is none */
export function readOptions(args: readonly string[]): Options {
  const { help, json, requests } = parse(args)
  return { help, json, requests: requests === undefined ? undefined : count(requests) }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        requests: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    throw new OptionError((error as Error).message)
  }
}

function count(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= 1 && value <= MAX_REQUESTS) return value
  throw new OptionError(`--requests is ${JSON.stringify(text)}, it must be a whole number from 1 to ${MAX_REQUESTS}`)
}
