/** `npm run bench:boards`: what boards over SSH cost, on two boards that this machine plays. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { rigObstacle } from '@aicluster/rig'
import { BoardWorld } from './boards/board-world'
import { aboutRun, type BoardsReport, markdown } from './boards/boards-report'
import { measureLoads, phaseRows } from './boards/load-phases'
import { measureSending } from './boards/send-latency'
import { measureLatency } from './boards/upload-latency'
import { measureUpload } from './boards/upload-speed'
import { parseCase } from './cases'
import { Measurement } from './measure'
import { reportCase } from './report'

const HELP = `Usage: npm run bench:boards -- [options]

What boards over SSH cost, on two boards that this machine plays (root, Docker; see tooling/rig): from load to the first answer by
phases, image upload against scp, latency while an image is uploaded and while an application sends files, CURVE by size. About 6 minutes.
Needs a quiet machine.

Options:
  --rounds N     of everything (default 5)
  --seconds S    of each block with and without CURVE (default 2)
  --json         print one JSON object as the last line
  -h, --help     this text
`
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** So many under way at once; of the largest fewer, else they are all queue. */
const CURVE_CASES = ['100B-d64', '4KB-d64', '150KB-d16', '1MB-d8']

const say = (line: string): void => void process.stderr.write(`${line}\n`)

interface Given {
  rounds: number
  seconds: number
}

/** Ends what runs, whatever it is at the moment. */
let endNow = async (): Promise<void> => {}

async function onBoards(folder: string, { rounds }: Given) {
  say('starting two boards and a manager')
  const world = await BoardWorld.start(folder, ROOT)
  endNow = () => world.end()
  try {
    const [fresh = [], again = []] = await measureLoads(world, rounds, say)
    const upload = await measureUpload(world, fresh, rounds, say)
    const latency = await measureLatency(world, folder, rounds, say)
    const sending = await measureSending(world, folder, rounds, say)
    return { connectMs: Math.round(world.connectMs), phases: phaseRows(fresh, again), upload, latency, sending }
  } finally {
    endNow = async () => {}
    await world.end()
  }
}

async function withAndWithoutCurve(folder: string, { rounds, seconds }: Given) {
  const cases = CURVE_CASES.map(parseCase)
  const common = { transport: 'tcp', containers: 1, credits: 64, root: ROOT, against: undefined, curve: true } as const
  const options = { ...common, cases, rounds, seconds, profile: undefined, json: false }
  const measurement = new Measurement(options, folder, say)
  endNow = () => measurement.end()
  try {
    const reports = []
    for (const load of cases) reports.push(reportCase(await measurement.run(load)))
    return reports
  } finally {
    await measurement.end()
  }
}

function positive(option: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value <= 1_000) return value
  throw new Error(`--${option} is "${text}", it must be a number above 0, at most 1000`)
}

/** Ends this process with 2, and says why, when the options are wrong; with 0 and the help when that is what is wanted. */
function optionsOrExit(args: string[]): Given & { json: boolean } {
  try {
    const { values } = parseArgs({
      args,
      options: {
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '2' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const { rounds, seconds, json, help } = values
    if (!help) return { rounds: Math.ceil(positive('rounds', rounds)), seconds: positive('seconds', seconds), json }
    process.stdout.write(HELP)
    process.exit(0)
  } catch (error) {
    say(`bench:boards: ${(error as Error).message}\nTry: npm run bench:boards -- --help`)
    process.exit(2)
  }
}

async function main(args: string[]): Promise<void> {
  const given = optionsOrExit(args)
  const obstacle = await rigObstacle()
  if (obstacle !== undefined) throw new Error(obstacle)
  const about = aboutRun()
  const folder = mkdtempSync(join(tmpdir(), 'aicb-'))
  const stop = (exitCode: number): void => {
    void endNow().finally(() => {
      rmSync(folder, { recursive: true, force: true })
      process.exit(exitCode)
    })
  }
  process.once('SIGINT', () => stop(130))
  process.once('SIGTERM', () => stop(143))
  process.once('SIGHUP', () => stop(129))
  // `npm run bench:boards` is gone, however it went.
  process.once('disconnect', () => stop(1))
  try {
    const blocks = join(folder, 'blocks')
    mkdirSync(blocks)
    const boards = await onBoards(folder, given)
    const report: BoardsReport = { ...about, rounds: given.rounds, ...boards, curve: await withAndWithoutCurve(blocks, given) }
    process.stdout.write(`${markdown(report)}\n`)
    if (given.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

main(process.argv.slice(2)).then(
  () => {
    process.removeAllListeners('disconnect')
    // The IPC channel of `npm run bench:boards` would keep us alive.
    if (process.connected) process.disconnect()
  },
  (error: unknown) => {
    say(`bench:boards: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  },
)
