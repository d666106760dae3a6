import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { eventually } from '@aicluster/testing'
import { runs } from '../worlds/world-processes'

const root = fileURLToPath(new URL('../../', import.meta.url))
const RUNS = fileURLToPath(new URL('../../apps/demo/.demo', import.meta.url))

/** How a program ended. */
export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
}

/** The demo, started as `npm run demo` starts it: in a process group of its own, with an IPC channel. */
export class DemoRun implements AsyncDisposable {
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ending>
  private readonly child: ChildProcess

  /** @param file - from the repository's root */
  constructor(args: readonly string[], file = 'apps/demo/dist/host.js') {
    this.child = spawn(process.execPath, [file, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true })
    const { stdout, stderr } = this.child as ChildProcess & { stdout: Readable; stderr: Readable }
    stdout.on('data', (chunk) => {
      this.stdout += chunk
    })
    stderr.on('data', (chunk) => {
      this.stderr += chunk
    })
    const exited = new Promise<Ending>((resolve, reject) => {
      this.child.once('error', reject)
      this.child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    // Its last output may come after its exit. ('close' does not come at all once we have disconnected.)
    this.ended = Promise.all([exited, finished(stdout), finished(stderr)]).then(([ending]) => ending)
  }

  /** Where it keeps what the cluster needs while it runs. */
  get folder(): string {
    return `${RUNS}/${this.child.pid}`
  }

  get managerPid(): number {
    return (JSON.parse(readFileSync(`${this.folder}/manager.json`, 'utf8')) as { pid: number }).pid
  }

  /** Manager and containers that run, as `pid program`. */
  get processes(): string[] {
    return processesThatKnow(this.folder)
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** End the process that it believes to be `npm run demo`, as far as it can see. */
  hangUp(): void {
    this.child.disconnect()
  }

  /** Wait until requests are on their way, and manager and two containers run. */
  async untilItSends(): Promise<void> {
    await eventually('the demo sends images', () => this.stderr.includes('Sending'), 30_000)
    await eventually('the manager and two containers run', () => this.processes.length === 3)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const left = this.processes
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL')
    for (const line of left) {
      try {
        process.kill(Number.parseInt(line, 10), 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
    await this.ended
  }
}

/** Folders of runs that have ended, and processes of theirs as `pid program`. Other runs, such as one on boards, may go on meanwhile. */
export function leftBehind(): string[] {
  const ended = (run: string | undefined) => run !== undefined && !runs(Number(run))
  const folders = existsSync(RUNS) ? readdirSync(RUNS).filter(ended) : []
  const processes = processesThatKnow(RUNS, (known) => ended(known.split(`${RUNS}/`)[1]?.match(/^\d+/)?.[0]))
  return [...folders, ...processes]
}

/** Processes with a folder, or what lies in it, in an argument or their environment. */
function processesThatKnow(folder: string, isMeant = (_known: string) => true): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        const known = `${args}\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}\0`
        const knows = known.includes(`${folder}/`) || known.includes(`${folder}\0`)
        return knows && isMeant(known) ? [`${pid} ${args.replaceAll('\0', ' ').trim()}`] : []
      } catch {
        // It has ended, or belongs to somebody else.
        return []
      }
    })
}
