import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How long an asked process may take beyond what it was asked to do, in ms. */
const ANSWER_LIMIT_MS = 60_000
/** How long a process may take to end by itself, in ms. */
const END_LIMIT_MS = 15_000

/** What comes over the IPC channel of a program in `programs`. */
export type ChildAnswer = { done: unknown } | { error: string }

/** One process that the benchmark has started, with an IPC channel. What it prints to stderr is kept for errors. */
export class Child {
  readonly pid: number
  private readonly ended: Promise<void>
  private readonly logPath: string
  private endingOnPurpose = false
  private how: string | undefined

  private constructor(
    readonly name: string,
    private readonly process: ChildProcess,
    logPath: string,
  ) {
    this.logPath = logPath
    this.pid = process.pid ?? 0
    this.ended = new Promise((resolve) => {
      process.once('error', (error) => {
        this.how = error.message
        resolve()
      })
      process.once('exit', (code, signal) => {
        this.how = signal ?? `exit ${code}`
        resolve()
      })
    })
  }

  /** Start a Node program; `folder` takes what it prints to stderr. */
  static start(name: string, file: string, args: readonly string[], folder: string, nodeFlags: readonly string[] = []): Child {
    return Child.startWords(name, [process.execPath, ...nodeFlags, file, ...args], folder)
  }

  /** The same, by words that end in becoming a Node program: `nsenter --net=… node …`. */
  static startWords(name: string, [program, ...words]: readonly [string, ...string[]], folder: string): Child {
    const logPath = join(folder, `${name.replaceAll(' ', '-')}.log`)
    const log = openSync(logPath, 'a')
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', log, 'ipc'] })
    closeSync(log)
    return new Child(name, child, logPath)
  }

  /** The first line that it prints to stdout. */
  firstLine(): Promise<string> {
    return this.within(
      ANSWER_LIMIT_MS,
      new Promise((resolve) => {
        let text = ''
        this.process.stdout?.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8')
          if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
        })
      }),
    )
  }

  /**
   * Ask something of a program in `programs`; one question at a time.
   * @throws Error with the program's own, or with its last words when it ends or does not answer in time
   */
  async ask<Answer>(question: object, takesMs = 0): Promise<Answer> {
    const answer = await this.within(
      takesMs + ANSWER_LIMIT_MS,
      new Promise<ChildAnswer>((resolve) => {
        this.process.once('message', (message) => resolve(message as ChildAnswer))
        this.process.send(question)
      }),
    )
    if ('error' in answer) throw new Error(`${this.name}: ${answer.error}`)
    return answer.done as Answer
  }

  /** End it: by this signal, else by closing its IPC channel. What does not end in time is killed. */
  async end(signal?: NodeJS.Signals): Promise<void> {
    this.endingOnPurpose = true
    if (signal) this.process.kill(signal)
    else if (this.process.connected) this.process.disconnect()
    const timer = setTimeout(() => this.process.kill('SIGKILL'), END_LIMIT_MS)
    await this.ended
    clearTimeout(timer)
    if (this.process.connected) this.process.disconnect()
  }

  private async within<T>(ms: number, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.failure(`did not answer within ${ms / 1000} s`)), ms)
    })
    const gone = this.ended.then(() => {
      throw this.failure(`ended (${this.how})`)
    })
    try {
      return await Promise.race([work, late, gone])
    } finally {
      clearTimeout(timer)
    }
  }

  private failure(what: string): Error {
    const words = this.endingOnPurpose ? '' : readFileSync(this.logPath, 'utf8').trimEnd().split('\n').slice(-15).join('\n')
    return new Error(`the ${this.name} process ${what}${words ? `; its last words:\n${words}` : ''}`)
  }
}

/** A built program of the benchmark. */
export const programFile = (name: string): string => fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url))
