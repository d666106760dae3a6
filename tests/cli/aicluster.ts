import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually, tempFolder } from '@aicluster/testing'
import { processesOf } from '../worlds/world-processes'
import { Terminal } from './terminal'

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
export const PROGRAM = fromHere('../../apps/cli/bin/aicluster.mjs')
const BUILT = [fromHere('../../apps/cli/dist/main.js'), fromHere('../../apps/cluster/dist/main.js')]
/** Longer than any command here takes on a slow machine. */
const COMMAND_LIMIT_MS = 40_000
const END_LIMIT_MS = 15_000

/** A container program of the worlds. */
export const program = (name: string): string => fromHere(`../worlds/programs/${name}.mjs`)
/** A container program that answers with what it got. */
export const ECHO = program('echo')
/** A handwritten digit, 8 by 8 pixels of grey. */
export const DIGIT = fromHere('../../apps/demo/digits/samples/7.png')

/** What a command has said, and ended with. */
export interface Said {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** A folder with a state folder `s`, and the command line in it. Disposing it ends whatever is left. */
export class CliWorld implements AsyncDisposable {
  private constructor(
    readonly folder: string,
    private readonly remove: () => Promise<void>,
  ) {}

  static async open(): Promise<CliWorld> {
    const missing = BUILT.find((file) => !existsSync(file))
    if (missing) throw new Error(`the programs are not built (no ${missing}): run "npm run build" first`)
    const { path, remove } = await tempFolder()
    return new CliWorld(path, remove)
  }

  get state(): string {
    return join(this.folder, 's')
  }

  /** Write a file and tell its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name)
    writeFileSync(path, content)
    return path
  }

  /** Start a command, without waiting for anything. */
  start(...args: string[]): Command {
    return new Command(spawn(process.execPath, [PROGRAM, ...args], this.place))
  }

  /** The same on a terminal. */
  terminal(...args: string[]): Terminal {
    return new Terminal([process.execPath, PROGRAM, ...args], this.place)
  }

  private get place(): { cwd: string; env: NodeJS.ProcessEnv } {
    const { AICLUSTER_ENDPOINT: _, ...env } = process.env
    // The path stands in the environment of everything that comes of it: so it can be found again.
    return { cwd: this.folder, env: { ...env, AICLUSTER_STATE: this.state } }
  }

  /** Run a command to its end. @param input - what it gets on stdin */
  run(args: readonly string[], input = ''): Promise<Said> {
    const command = this.start(...args)
    command.say(input)
    return command.end()
  }

  /** Run a command with `--json`; its one value, and what it ended with. */
  async json(...args: string[]): Promise<{ exitCode: number | null; value: Json }> {
    const { exitCode, stdout } = await this.run([...args, '--json'])
    return { exitCode, value: JSON.parse(stdout) as Json }
  }

  /** Processes that this world has started and that still run. */
  processes(): number[] {
    return processesOf(this.folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // Ended by itself meanwhile.
      }
    }
    await eventually('every process of the world has ended', () => this.processes().length === 0, END_LIMIT_MS)
    await this.remove()
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what a command prints is judged by the tests' expectations
export type Json = any

/** A command that runs. */
export class Command {
  private stdout = ''
  private stderr = ''
  private readonly ended: Promise<number | null>

  constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.ended = new Promise((resolve) => child.once('close', resolve))
  }

  get said(): { stdout: string; stderr: string } {
    return { stdout: this.stdout, stderr: this.stderr }
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  say(input: string): void {
    this.child.stdin?.end(input)
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** @throws Error with what it has said when it does not end in time */
  async end(): Promise<Said> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.child.kill('SIGKILL')
        reject(new Error(`the command does not end; it said:\n${this.stdout}\n${this.stderr}`))
      }, COMMAND_LIMIT_MS)
    })
    try {
      return { exitCode: await Promise.race([this.ended, late]), ...this.said }
    } finally {
      clearTimeout(timer)
    }
  }
}
