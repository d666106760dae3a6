import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { ApplicationOrder, FromApplication, ToApplication } from '../apps/application-messages'
import { ROOT } from '../options'

const NOTHING: FromApplication = { requests: 0, outcomes: 0, open: 0, done: {} }

/** One process's time as an application, in ms since 1970. */
export interface ApplicationLife {
  name: string
  journal: string
  /** When it was killed, if it was: what it had open then has no owner any more. */
  killedAtMs?: number
}

/** One application of the world; it may be killed and started again under its name. */
export class ApplicationProcess {
  readonly lives: ApplicationLife[] = []
  /** Ends that nobody asked for: each is a defect. */
  readonly unexpected: string[] = []
  /** Of the current life. */
  latest: FromApplication = NOTHING
  /** Settles when it is connected to the cluster, or gone. */
  connected: Promise<void> = Promise.resolve()
  private earlier = { requests: 0, outcomes: 0 }
  private child: ChildProcess | undefined
  private exited: Promise<void> = Promise.resolve()

  constructor(
    readonly name: string,
    private readonly folder: string,
    private readonly order: Omit<ApplicationOrder, 'name' | 'life' | 'journal'>,
    private readonly environment: Record<string, string>,
  ) {}

  /** Requests and outcomes of all lives. */
  get totals(): { requests: number; outcomes: number } {
    return { requests: this.earlier.requests + this.latest.requests, outcomes: this.earlier.outcomes + this.latest.outcomes }
  }

  start(): void {
    const life = this.lives.length + 1
    const journal = join(this.folder, 'applications', `${this.name}.${life}.log`)
    // It may be killed before it has written a word.
    closeSync(openSync(journal, 'a'))
    this.lives.push({ name: this.name, journal })
    this.earlier = this.totals
    this.latest = NOTHING
    const order: ApplicationOrder = { ...this.order, name: this.name, life, journal }
    const program = join(ROOT, 'tooling/chaos/dist/apps/application.js')
    const errors = openSync(join(this.folder, 'applications', `${this.name}.${life}.err`), 'a')
    const env = { ...process.env, ...this.environment }
    const child = spawn(process.execPath, [program, JSON.stringify(order)], { env, stdio: ['ignore', 'ignore', errors, 'ipc'] })
    closeSync(errors)
    this.child = child
    this.connected = new Promise((resolve) => {
      child.on('message', (message) => {
        if (this.child === child) this.latest = message as FromApplication
        resolve()
      })
      child.once('exit', () => resolve())
    })
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, how) => {
        if (this.child === child) this.unexpected.push(`application ${this.name}.${life} ended by itself (${how ?? `exit ${code}`})`)
        resolve()
      })
    })
  }

  tell(message: ToApplication): void {
    // A killed one's channel may be closing: then nobody is there to be told.
    if (this.child?.connected) this.child.send(message, () => {})
  }

  /** Kill it at once. Its open requests have nobody any more who waits for them. */
  async kill(): Promise<void> {
    const { child } = this
    const life = this.lives.at(-1)
    if (!child || !life) return
    this.child = undefined
    life.killedAtMs = Date.now()
    child.kill('SIGKILL')
    await this.exited
  }

  /** Stop it for a while: it reads nothing. */
  pause(): () => void {
    const { child } = this
    child?.kill('SIGSTOP')
    return () => void child?.kill('SIGCONT')
  }

  /** End it in order. */
  async end(limitMs: number): Promise<void> {
    const { child } = this
    if (!child) return
    this.child = undefined
    child.kill('SIGCONT')
    if (child.connected) child.send({ tell: 'end' } satisfies ToApplication, () => {})
    const timer = setTimeout(() => {
      this.unexpected.push(`application ${this.name} did not end within ${limitMs / 1000} s`)
      child.kill('SIGKILL')
    }, limitMs)
    await this.exited
    clearTimeout(timer)
  }
}
