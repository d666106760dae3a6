import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { eventually } from '@aicluster/testing'
import { EmulatedScreen } from './emulated-screen'

const PROGRAM = fileURLToPath(new URL('terminal.py', import.meta.url))
const ROWS = 24
const COLUMNS = 110
const LIMIT_MS = 20_000

/** What a terminal needs here that this machine may lack; undefined: nothing. */
export const missingForTerminals = (): string | undefined =>
  spawnSync('python3', ['-c', 'import pty, termios']).status === 0 ? undefined : 'python3 with its module pty makes the terminals'

/** How a command on a terminal has ended. */
export interface TerminalEnd {
  exitCode: number
  /** Whether what is typed would be seen again. */
  echoes: boolean
}

/** A command on a terminal: keys in, a screen out. */
export class Terminal {
  readonly screen = new EmulatedScreen(ROWS, COLUMNS)
  /** Everything that was written, control sequences too. */
  raw = ''
  private report = ''
  private readonly child: ChildProcess
  private readonly ended: Promise<void>

  constructor(command: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
    const env = { ...options.env, TERM: 'xterm' }
    this.child = spawn('python3', [PROGRAM, String(ROWS), String(COLUMNS), ...command], { cwd: options.cwd, env })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.raw += text
      this.screen.feed(text)
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.report += text
    })
    this.ended = new Promise((resolve) => this.child.once('close', () => resolve()))
  }

  type(keys: string): void {
    this.child.stdin?.write(keys)
  }

  /** Wait until the screen shows something. */
  async shows(expected: RegExp): Promise<void> {
    try {
      await eventually(`the terminal shows ${expected}`, () => expected.test(this.screen.text), LIMIT_MS)
    } catch (error) {
      throw new Error(`${(error as Error).message}; it shows:\n${this.screen.text}`)
    }
  }

  async end(): Promise<TerminalEnd> {
    await this.ended
    return JSON.parse(this.report) as TerminalEnd
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }
}
