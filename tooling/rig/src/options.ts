import { parseArgs } from 'node:util'
import type { RigOptions } from './rig'
import { RigError } from './rig-error'
import { DEFAULT_SUBNET } from './rig-names'

export const HELP = `Usage: npm run rig -- COMMAND [options]

Boards on this machine, as network namespaces, each with its own sshd, Docker Engine, files and link. Needs Linux and root.

  up N             boards 1 to N run; those that are there stay as they are
  down             nothing is left, the boards' files included
  status           what there is
  on B, off B      power. off is a power loss: the link goes first, then everything at once; on brings all of it back
  cut B, heal B    pull the cable of board B out, put it back in
  drop B, undrop B its packets disappear in silence, while its link looks sound; no longer
  rate B 10mbit    its link carries so many Mbit/s each way; "rate B off": as many as it can
  loss B 30        so many packets of a hundred are lost, each way; "loss B 0": none
  engine-off B, engine-on B             its Docker Engine, with its containers
  engine-hang B, engine-resume B        it takes questions and answers none; its containers run on
  sshd-off B, sshd-on B                 its sshd
  sshd-hang B, sshd-resume B            its sshd accepts connections, and says nothing
  restore B        as after up, whatever was done to it; its containers are removed
  ssh B COMMAND    on board B, over SSH, as root (--user board: who is in the docker group)
  exec B COMMAND   on board B's console, as root: also without link and sshd

Options (before ssh and exec, for what follows them is the board's):
  --subnet S       first three octets of the rig's network (default ${DEFAULT_SUBNET}, or $AICLUSTER_RIG_SUBNET); rigs with different ones live side by side
  --folder F       where its state is (default below /var/lib/aicluster-rig, or $AICLUSTER_RIG_FOLDER)
  --disk-mb M      for up: the size of each board's disk; B=M: of board B's
  --user U         for ssh
  -h, --help       this text
`

export interface RigCommand {
  command: string
  /** What follows it. */
  words: string[]
  rig: RigOptions
  diskMb: number | Record<number, number> | undefined
  user: string | undefined
}

/** @returns undefined when help is asked for @throws RigError naming option and value */
export function readOptions(args: string[], environment: NodeJS.ProcessEnv): RigCommand | undefined {
  const at = args.findIndex((arg, index) => !arg.startsWith('-') && !takesValue(args[index - 1]))
  // What follows `ssh 2` is the board's, its options too.
  const passedOn = PASSED_ON.includes(args[at] ?? '')
  const { values, positionals } = parse(passedOn ? args.slice(0, at) : args)
  const [command, ...words] = passedOn ? args.slice(at) : positionals
  if (values.help || command === undefined || command === 'help') return undefined
  const subnet = values.subnet ?? environment.AICLUSTER_RIG_SUBNET
  return {
    command,
    words,
    rig: { subnet, folder: values.folder ?? environment.AICLUSTER_RIG_FOLDER },
    diskMb: values['disk-mb'] === undefined ? undefined : diskSizes(values['disk-mb']),
    user: values.user,
  }
}

const PASSED_ON = ['ssh', 'exec']
const takesValue = (arg: string | undefined): boolean => ['--subnet', '--folder', '--disk-mb', '--user'].includes(arg ?? '')

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        subnet: { type: 'string' },
        folder: { type: 'string' },
        'disk-mb': { type: 'string', multiple: true },
        user: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new RigError((error as Error).message)
  }
}

function diskSizes(given: string[]): number | Record<number, number> {
  const sizes: Record<number, number> = {}
  for (const text of given) {
    const [, board, size] = /^(?:(\d+)=)?(\d+)$/.exec(text) ?? []
    if (Number(size) < 64 || size === undefined)
      throw new RigError(`--disk-mb is "${text}", it must be a number of MB from 64, or BOARD=MB`)
    if (board === undefined) return Number(size)
    sizes[Number(board)] = Number(size)
  }
  return sizes
}

/** @throws RigError it is not a number of the kind */
export function wholeNumber(what: string, text: string | undefined, least: number, most: number): number {
  if (text !== undefined && /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
  throw new RigError(`${what} is "${text ?? ''}", it must be a whole number from ${least} to ${most}`)
}

/** `10mbit`, `10` or `off`. @throws RigError it is something else */
export function megabits(text: string | undefined): number | undefined {
  if (text === 'off') return undefined
  const match = /^(\d+(?:\.\d+)?)(mbit)?$/.exec(text ?? '')
  if (match && Number(match[1]) > 0) return Number(match[1])
  throw new RigError(`the rate is "${text ?? ''}", it must be a number of Mbit/s such as 10mbit, or off`)
}
