import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { rigObstacle } from '@aicluster/rig'

/** A defect that a run may switch on to see that its oracle notices. */
export type DeliberateDefect = 'duplicates' | 'credits'

export interface ChaosOptions {
  /** How long things are broken under load, in ms. */
  lengthMs: number
  /** How long everything must be quiet before the world is judged to be at rest, in ms. */
  quietMs: number
  seed: number
  json: boolean
  defect: DeliberateDefect | undefined
  /** Leave the world's folder, with all logs, where it is. */
  keep: boolean
  /** Nothing is broken. */
  calm: boolean
  /** On three boards of a rig, in containers, encrypted; links, power and Engines are broken. */
  boards: boolean
}

export const HELP = `Usage: npm run chaos -- [options]

A private cluster under load, whose manager, containers, applications and wire are broken by a seeded schedule. Afterwards an
oracle judges: every accepted request had exactly one outcome, in time, with the right result; nothing ran twice; the world
came to rest. Exit code 0 only if that is so. Needs Linux (/proc), a build, and about 2 GB of memory.

Options:
  --minutes M          how long things are broken under load (default 2; fractions are taken)
  --seed S             of the schedule and of all other chance (default 1)
  --json               print one JSON object as the last line
  --boards             on three boards that this machine plays (root, Docker; see tooling/rig), in real containers, encrypted:
                       links are cut, slow and lossy, power is lost, Engines are restarted
  --calm               break nothing: what then goes wrong is the run's own fault
  --break DEFECT       duplicates: doubled messages are let through; credits: credits get lost. The run must then fail
  --quiet-seconds N    how long it is quiet before the world must be at rest (default 30)
  --keep               leave the folder with everything that the processes wrote
  -h, --help           this text
`

/** The repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * @returns undefined when help is asked for
 * @throws Error naming option and value
 */
export function readOptions(args: string[]): ChaosOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      break: { type: 'string' },
      'quiet-seconds': { type: 'string', default: '30' },
      calm: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      boards: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const defect = values.break
  if (defect !== undefined && defect !== 'duplicates' && defect !== 'credits') {
    throw new Error(`--break is "${defect}", it must be duplicates or credits`)
  }
  if (values.boards && defect !== undefined) throw new Error('--break works without --boards only: leave one of them out')
  return {
    lengthMs: between('minutes', values.minutes, 0.2, 24 * 60) * 60_000,
    quietMs: between('quiet-seconds', values['quiet-seconds'], 1, 600) * 1_000,
    seed: between('seed', values.seed, 0, 2 ** 32 - 1, true),
    json: values.json,
    defect,
    keep: values.keep,
    calm: values.calm,
    boards: values.boards,
  }
}

function between(option: string, text: string, least: number, most: number, whole = false): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most && (!whole || Number.isInteger(value))) return value
  throw new Error(`--${option} is "${text}", it must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}`)
}

/** @throws Error naming what is missing on this machine, and the cure */
export async function requireMachine({ boards }: ChaosOptions): Promise<void> {
  const obstacle = boards ? await rigObstacle() : undefined
  if (obstacle !== undefined) throw new Error(`--boards: ${obstacle}`)
  if (!existsSync('/proc/self/environ')) throw new Error('there is no /proc: the chaos run finds its processes there, so it needs Linux')
  for (const file of ['apps/cluster/dist/main.js', 'packages/host-sdk/dist/index.js', 'packages/container-sdk/dist/index.js']) {
    if (!existsSync(join(ROOT, file))) throw new Error(`${file} does not exist: run "npm run build" first`)
  }
}
