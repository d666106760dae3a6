/** `npm run demo:boards`: a rig of its own and an image with the demo's program, then the demo on it, whose cables are pulled here. */
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeImage } from './images/images'
import { startOwnedRig } from './owned-rig'
import type { Rig } from './rig'
import { RigError } from './rig-error'

const DEMO = fileURLToPath(new URL('../../../apps/demo', import.meta.url))
const BOARDS = 3
const CUT_BOARD = 2
const EXIT_FAILURE = 1

const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Whether the demo will take these options; resolves to the exit code with which it refused them, and 0 where it does not. */
function checkOptions(args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const check = spawn(process.execPath, [join(DEMO, 'dist/check-options.js'), ...args], { stdio: 'inherit' })
    check.once('error', reject)
    check.once('exit', (code) => resolve(code ?? EXIT_FAILURE))
  })
}

/** What the demo is told: see boards-plan.ts there. */
async function writePlan(rig: Rig): Promise<string> {
  const program = join(DEMO, 'dist/container.js')
  const inImage = '/opt/digits/container.js'
  const { file, tag } = await nodeImage({ onnx: true, tag: 'aicluster-digits:1', files: [{ from: program, to: inImage }] })
  const plan = {
    cluster: {
      // Encrypted: it leaves this machine, as far as anybody can tell.
      listen: { transport: 'tcp', host: rig.managerAddress, curve: true, inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 },
      file_roots: [dirname(file), DEMO],
      boards: rig.boards().map(({ hostname, address }) => ({
        name: hostname,
        driver: 'ssh',
        address,
        user: 'root',
        identity_file: rig.identityFile,
        known_hosts: rig.knownHostsFile,
      })),
    },
    image: { folder: dirname(file), filename: basename(file), tag, command: ['node', inImage] },
    cutBoard: rig.board(CUT_BOARD).hostname,
  }
  const path = join(rig.folder, 'plan.json')
  await writeFile(path, JSON.stringify(plan), { mode: 0o600 })
  return path
}

/** The demo with this terminal, until it ends; resolves to its exit code. It stops its manager in order, whatever ends us. */
function runDemo(rig: Rig, plan: string, args: string[], stop: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, AICLUSTER_DEMO_PLAN: plan }
    const demo = spawn(process.execPath, [join(DEMO, 'dist/boards.js'), ...args], { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
    demo.on('message', ({ what }: { what: 'cut' | 'heal' }) => {
      rig
        .board(CUT_BOARD)
        [what]()
        .then(() => demo.connected && demo.send('done'), reject)
    })
    demo.once('error', reject)
    demo.once('exit', (code, signal) => resolve(signal === null ? (code ?? EXIT_FAILURE) : EXIT_FAILURE))
    stop.addEventListener('abort', () => demo.kill(stop.reason))
  })
}

/** Aborted, with the signal to pass on, when somebody wants us to end. */
function stopOrders(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(signal))
  // `npm run demo:boards` is gone, however it went.
  process.once('disconnect', () => stop.abort('SIGHUP'))
  // Nobody reads what we say: boards must not stay up for that.
  process.stderr.on('error', () => stop.abort('SIGHUP'))
  return stop.signal
}

/** 128 and the signal's number, as shells count. */
const exitCodeOf = ({ reason }: AbortSignal): number => 128 + constants.signals[reason as NodeJS.Signals]

async function main(args: string[], stop: AbortSignal): Promise<number> {
  const refused = await checkOptions(args)
  // Help needs no boards.
  if (refused !== 0 || args.some((arg) => arg === '--help' || arg === '-h')) return refused
  say(`Starting ${BOARDS} boards on this machine ...`)
  const rig = await startOwnedRig(BOARDS)
  try {
    say(
      `  ${rig
        .boards()
        .map(({ hostname, address }) => `${hostname} at ${address}`)
        .join(', ')}`,
    )
    if (stop.aborted) return exitCodeOf(stop)
    say('Building the image: node, the container program, onnxruntime-node ...')
    const plan = await writePlan(rig)
    return stop.aborted ? exitCodeOf(stop) : await runDemo(rig, plan, args, stop)
  } finally {
    say('Taking the boards down ...')
    await rig.down()
  }
}

const stop = stopOrders()
main(process.argv.slice(2), stop).then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    say(`demo:boards: ${error instanceof RigError ? error.message : String((error as Error).stack)}`)
    process.exit(EXIT_FAILURE)
  },
)
