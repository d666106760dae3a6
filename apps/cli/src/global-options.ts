import { Option } from 'commander'
import { UsageError } from './cli-errors'

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  /** State folder of a manager on this machine. */
  state?: string
  endpoint?: string
  keyFile?: string
  json?: boolean
  quiet?: boolean
  color: boolean
}

export const GLOBAL_OPTIONS = [
  new Option('--state <dir>', "the manager's state folder (default: $AICLUSTER_STATE, else ~/.local/state/aicluster)"),
  new Option('--endpoint <endpoint>', 'a manager elsewhere: ipc://FOLDER or HOST[:PORT[:PORT]] (default: $AICLUSTER_ENDPOINT)'),
  new Option('--key-file <file>', 'what "aicluster keys add" has made, for a manager elsewhere (default: $AICLUSTER_KEY_FILE)'),
  new Option('--json', 'one JSON value on stdout (logs --follow: one a line); errors also go to stderr'),
  new Option('-q, --quiet', 'no progress'),
  new Option('--no-color', 'no colours (also: environment variable NO_COLOR)'),
]

/**
 * For commands whose work is in a state folder of this machine.
 * @param what - `keys are in a state folder of this machine`
 * @throws UsageError a manager elsewhere was meant
 */
export function requireHere({ endpoint, keyFile }: GlobalOptions, what: string): void {
  const option = endpoint !== undefined ? '--endpoint' : keyFile !== undefined ? '--key-file' : undefined
  if (option !== undefined) throw new UsageError(`${what}: ${option} has no meaning here`)
}

/** `--drain 5000`: a whole number of ms. @throws UsageError */
export const milliseconds = (option: string, value: string, least = 0): number => wholeNumber(option, value, least, ' of ms')

/** `--limit 10`. @throws UsageError */
export function wholeNumber(option: string, value: string, least = 0, unit = ''): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= least) return number
  throw new UsageError(`${option} is ${JSON.stringify(value)}, it must be a whole number${unit}, ${least} or more`)
}
