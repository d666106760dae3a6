import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync } from 'node:fs'
import { copyFile, open, rename, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { lastLines, stripControl } from './strip-control'

const STREAMS = ['stdout', 'stderr'] as const
export type LogOffsets = Record<(typeof STREAMS)[number], number>

/** Bytes read from the end of a log: room for escape sequences that are taken out. */
const TAIL_READ_BYTES = 32 * 1024
const TAIL_LIMITS = { lines: 20, bytes: 4096 }

/** Bytes before which a log is put aside, and files per stream with the current one. */
export interface LogLimits {
  logBytes: number
  logFiles: number
}

/**
 * `log/stdout.log` and `log/stderr.log` of a container.
 *
 * The program writes to them by itself (it outlives us), so rotation copies and then truncates: it never notices, because
 * its descriptors append. What it writes between copy and truncation is lost, and a log may pass its limit between two looks.
 */
export class ProcessLog {
  readonly #folder: string
  readonly #limits: LogLimits
  #offsets: LogOffsets = { stdout: 0, stderr: 0 }
  #rotating: Promise<void> | undefined

  constructor(containerFolder: string, limits: LogLimits) {
    this.#folder = join(containerFolder, 'log')
    this.#limits = limits
  }

  /** Where the current run begins. */
  get offsets(): LogOffsets {
    return { ...this.#offsets }
  }

  /** Go on with a run that an earlier manager began. */
  resume(offsets: LogOffsets): void {
    this.#offsets = { ...offsets }
  }

  /** Begin a run. The caller closes both descriptors once the program has them. */
  open(): { out: number; err: number; close(): void } {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const out = openSync(this.#path('stdout'), 'a', 0o600)
    let err: number
    try {
      err = openSync(this.#path('stderr'), 'a', 0o600)
    } catch (error) {
      closeSync(out)
      throw error
    }
    this.#offsets = { stdout: fstatSync(out).size, stderr: fstatSync(err).size }
    const close = (): void => {
      closeSync(out)
      closeSync(err)
    }
    return { out, err, close }
  }

  /** A line of our own in stderr.log, for what happens where no program can write: a start that fails. */
  note(line: string): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    appendFileSync(this.#path('stderr'), `aicluster: ${line}\n`, { mode: 0o600 })
  }

  /** Put aside what has grown beyond the limit. Calls at the same time share one look. */
  rotate(): Promise<void> {
    this.#rotating ??= this.#rotateAll().finally(() => {
      this.#rotating = undefined
    })
    return this.#rotating
  }

  /** The last lines of the current run: of stderr, or of stdout where stderr is empty. Printable, at most 20 lines and 4 KB. */
  async tail(): Promise<string> {
    const offsets = this.offsets
    return (await this.#tailOf('stderr', offsets.stderr)) || (await this.#tailOf('stdout', offsets.stdout))
  }

  #path(stream: keyof LogOffsets, generation = 0): string {
    return join(this.#folder, `${stream}.log${generation === 0 ? '' : `.${generation}`}`)
  }

  async #rotateAll(): Promise<void> {
    for (const stream of STREAMS) {
      const size = await stat(this.#path(stream)).then(
        (stats) => stats.size,
        () => 0,
      )
      if (size > this.#limits.logBytes) await this.#rotateOne(stream)
    }
  }

  async #rotateOne(stream: keyof LogOffsets): Promise<void> {
    const kept = this.#limits.logFiles - 1
    for (let generation = kept - 1; generation >= 1; generation--) {
      await rename(this.#path(stream, generation), this.#path(stream, generation + 1)).catch(() => {})
    }
    // The disk may be full: the log is truncated all the same, which is what makes room.
    if (kept > 0) await copyFile(this.#path(stream), this.#path(stream, 1)).catch(() => rm(this.#path(stream, 1), { force: true }))
    await truncate(this.#path(stream))
    this.#offsets[stream] = 0
  }

  async #tailOf(stream: keyof LogOffsets, offset: number): Promise<string> {
    const file = await open(this.#path(stream), 'r').catch(() => undefined)
    if (!file) return ''
    try {
      const { size } = await file.stat()
      // Smaller than where the run began: it was rotated since.
      const start = Math.max(size < offset ? 0 : offset, size - TAIL_READ_BYTES)
      const bytes = Buffer.alloc(size - start)
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start)
      return lastLines(stripControl(bytes.toString('utf8', 0, bytesRead)), TAIL_LIMITS)
    } finally {
      await file.close()
    }
  }
}
