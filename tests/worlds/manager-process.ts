import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../apps/cluster/bin/aicluster-manager.mjs', import.meta.url))
const BUILT = fileURLToPath(new URL('../../apps/cluster/dist/main.js', import.meta.url))
const START_LIMIT_MS = 20_000
const EXIT_LIMIT_MS = 15_000

/** What the manager says on stdout once it is ready. */
export interface ReadyLine {
  event: 'ready'
  pid: number
  /** `ipc://` and a folder, or a host. */
  address: string
  ports?: { inference: number; management: number; sub: number; pub: number }
  /** Where health and metrics are. */
  admin?: string
}

export interface ManagerExit {
  code: number | null
  signal: NodeJS.Signals | null
  /** Everything that it wrote to stderr. */
  stderr: string
}

/** The built manager as a process of its own. */
export class ManagerProcess {
  readonly exited: Promise<ManagerExit>
  private stderrText = ''
  private readyLine: ReadyLine | undefined

  private constructor(private readonly child: ChildProcess) {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderrText += text
    })
    // Not its `close` event: that never comes once `forget` has closed the channel.
    const exit = new Promise<Pick<ManagerExit, 'code' | 'signal'>>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    const lastWord = new Promise<void>((resolve) => child.stderr?.once('close', resolve))
    this.exited = Promise.all([exit, lastWord]).then(([how]) => ({ ...how, stderr: this.stderrText }))
  }

  /** Start it, without waiting for anything. */
  static spawn(configFile: string, stateFolder: string, environment: Record<string, string> = {}): ManagerProcess {
    if (!existsSync(BUILT)) throw new Error(`the manager is not built (no ${BUILT}): run "npm run build" first`)
    const args = [PROGRAM, '--config', configFile, '--state', stateFolder, '--ready-json', '--exit-with-parent']
    // The fourth is the channel by which it notices that this process has gone.
    const env = { ...process.env, ...environment }
    return new ManagerProcess(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env }))
  }

  /** Start it and wait until it is ready. @throws Error with what it wrote when it ends instead */
  static async start(configFile: string, stateFolder: string, environment?: Record<string, string>): Promise<ManagerProcess> {
    const manager = ManagerProcess.spawn(configFile, stateFolder, environment)
    await manager.whenReady()
    return manager
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** What it has written to stderr so far: its log. */
  get log(): string {
    return this.stderrText
  }

  /** Where it listens. */
  get endpoint(): ReadyLine {
    if (!this.readyLine) throw new Error('the manager is not ready')
    return this.readyLine
  }

  /** Send a signal, without waiting for what it does. */
  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Close the channel between it and us, as our own end would. */
  forget(): void {
    this.child.disconnect()
  }

  /** Wait for its end. @throws Error with its log when it takes too long */
  async end(limitMs = EXIT_LIMIT_MS): Promise<ManagerExit> {
    return withLimit(this.exited, limitMs, () => `the manager does not end; its log:\n${this.stderrText}`)
  }

  private async whenReady(): Promise<void> {
    const ready = new Promise<ReadyLine>((resolve) => {
      let text = ''
      this.child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
        const end = text.indexOf('\n')
        if (end >= 0) resolve(JSON.parse(text.slice(0, end)) as ReadyLine)
      })
    })
    const failed = this.exited.then(({ code, signal, stderr }) => {
      throw new Error(`the manager ended (code ${code}, signal ${signal}) before it was ready:\n${stderr}`)
    })
    const outcome = Promise.race([ready, failed])
    failed.catch(() => {})
    this.readyLine = await withLimit(outcome, START_LIMIT_MS, () => `the manager is not ready; its log:\n${this.stderrText}`)
  }
}

async function withLimit<T>(promise: Promise<T>, limitMs: number, message: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`after ${limitMs} ms ${message()}`)), limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
