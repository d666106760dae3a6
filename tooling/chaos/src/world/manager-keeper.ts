import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../options'
import { cpuMsOf, signal } from './world-processes'

/** Takes about 1 s of a processor, which on a machine with ten times as much to do is many seconds. */
const READY_LIMIT_MS = 60_000
const EXIT_LIMIT_MS = 45_000

/** One process's time as the manager, in ms since 1970. */
export interface ManagerLife {
  pid: number
  startedAtMs: number
  readyAtMs?: number
  /** When it was killed with SIGKILL, if it was. */
  killedAtMs?: number
}

/** Starts managers, one after another on the same state folder, and remembers their lives. */
export class ManagerKeeper {
  readonly lives: ManagerLife[] = []
  /** Ends that nobody asked for: each is a defect. */
  readonly unexpected: string[] = []
  private child: ChildProcess | undefined
  private exited: Promise<void> = Promise.resolve()

  constructor(
    private readonly folder: string,
    private readonly environment: Record<string, string>,
  ) {}

  get logFile(): string {
    return join(this.folder, `manager-${this.lives.length}.log`)
  }

  /** Start one and wait until it is ready. @throws Error with the end of its log when it ends instead */
  async start(): Promise<void> {
    const life: ManagerLife = { pid: 0, startedAtMs: Date.now() }
    this.lives.push(life)
    const program = join(ROOT, 'apps/cluster/bin/aicluster-manager.mjs')
    const args = ['--config', join(this.folder, 'cluster.yaml'), '--state', join(this.folder, 's'), '--ready-json', '--exit-with-parent']
    const log = openSync(this.logFile, 'a')
    const env = { ...process.env, ...this.environment }
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', log, 'ipc'] })
    closeSync(log)
    this.child = child
    life.pid = child.pid ?? 0
    let ended = false
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, how) => {
        ended = true
        if (this.child === child) this.unexpected.push(`manager ${child.pid} ended by itself (${how ?? `exit ${code}`})${this.lastWords()}`)
        resolve()
      })
    })
    const ready = new Promise<boolean>((resolve) => child.stdout?.once('data', () => resolve(true)))
    if (await within(READY_LIMIT_MS, Promise.race([ready, this.exited.then(() => false)]))) life.readyAtMs = Date.now()
    else if (this.child === child) throw new Error(`the manager ${ended ? 'ended' : notReady(life.pid)}${this.lastWords()}`)
  }

  /** Kill it at once, and wait until it is gone. */
  async kill(): Promise<void> {
    const life = this.lives.at(-1)
    if (life) life.killedAtMs = Date.now()
    await this.end('SIGKILL')
  }

  /** Send a signal that ends it, and wait until it is gone. What does not end in time is a defect. */
  async end(name: NodeJS.Signals): Promise<void> {
    const { child } = this
    if (!child) return
    this.child = undefined
    child.kill('SIGCONT')
    child.kill(name)
    if (
      await within(
        EXIT_LIMIT_MS,
        this.exited.then(() => true),
      )
    )
      return
    this.unexpected.push(`manager ${child.pid} did not end within ${EXIT_LIMIT_MS / 1000} s of ${name}${this.lastWords()}`)
    child.kill('SIGKILL')
    await this.exited
  }

  /** Stop it for a while. */
  pause(): () => void {
    const pid = this.child?.pid ?? 0
    if (pid > 0) signal(pid, 'SIGSTOP')
    return () => {
      if (pid > 0 && this.child?.pid === pid) signal(pid, 'SIGCONT')
    }
  }

  private lastWords(): string {
    const words = readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n')
    return words === '' ? '' : `; its last words:\n${words}`
  }
}

const notReady = (pid: number): string =>
  `is not ready after ${READY_LIMIT_MS / 1_000} s, in which it had ${cpuMsOf(pid)} ms of a processor`

/** What a promise comes to, or undefined when it takes too long. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
