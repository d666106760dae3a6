import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { copyFile, open, rename, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContainerLogView } from '@aicluster/protocol'
import { type LogPlace, logPlaceText, MAX_LOG_READ_BYTES, readLogPlace, takeLines } from './log-lines'
import { lastLines, stripControl } from './strip-control'

const STREAMS = ['stdout', 'stderr'] as const
export type LogOffsets = Record<(typeof STREAMS)[number], number>

/** Says how much was put aside: beside the logs. */
const PUT_ASIDE_FILE = 'put-aside.json'
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
  /** Bytes that were put aside, in all: where the current file begins in the whole of what was printed. */
  #putAside: LogOffsets | undefined
  /** Reading and rotating must not cross. */
  #lastWork: Promise<unknown> = Promise.resolve()

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
    this.#rotating ??= this.#inTurn(() => this.#rotateAll()).finally(() => {
      this.#rotating = undefined
    })
    return this.#rotating
  }

  /** The last lines of the current run: of stderr, or of stdout where stderr is empty. Printable, at most 20 lines and 4 KB. */
  async tail(): Promise<string> {
    const offsets = this.offsets
    return (await this.#tailOf('stderr', offsets.stderr)) || (await this.#tailOf('stdout', offsets.stdout))
  }

  /**
   * What was printed from a place on, or the last lines of it, stdout's first: nobody knows in which order the two came.
   * @param ended - the program does not run: what has no line feed at its end is a line too
   */
  read({ after, lines }: { after?: string | undefined; lines: number }, ended: boolean): Promise<ContainerLogView> {
    return this.#inTurn(async () => {
      const place = after === undefined ? undefined : readLogPlace(after)
      const parts = {} as Record<keyof LogOffsets, { lines: string[]; end: number }>
      for (const stream of STREAMS) parts[stream] = await this.#readStream(stream, place?.[stream], ended)
      const next = logPlaceText({ stdout: parts.stdout.end, stderr: parts.stderr.end })
      if (place) return { lines: [...parts.stdout.lines, ...parts.stderr.lines], next }
      // Each gets half of the lines, and what the other does not need.
      const fromStderr = Math.min(parts.stderr.lines.length, Math.max(Math.floor(lines / 2), lines - parts.stdout.lines.length))
      const last = (all: string[], count: number) => (count === 0 ? [] : all.slice(-count))
      return { lines: [...last(parts.stdout.lines, lines - fromStderr), ...last(parts.stderr.lines, fromStderr)], next }
    })
  }

  /** @param from - place in all that the stream has ever had; undefined: its end, as far as one reading goes */
  async #readStream(stream: keyof LogOffsets, from: number | undefined, ended: boolean): Promise<{ lines: string[]; end: number }> {
    const files = await this.#files(stream)
    const [first, current] = [files[0], files.at(-1)]
    if (!first || !current) return { lines: [], end: 0 }
    const end = current.begin + current.size
    // A place behind the end is one of files that are gone: everything is new.
    const start =
      from === undefined ? Math.max(first.begin, end - MAX_LOG_READ_BYTES) : from > end ? first.begin : Math.max(from, first.begin)
    const stop = Math.min(end, start + MAX_LOG_READ_BYTES)
    const bytes = Buffer.concat(await Promise.all(files.map((file) => readPart(file, start, stop))))
    const { lines, taken } = takeLines(bytes, ended && stop === end)
    // The end of a long log begins in the middle of a line.
    if (from === undefined && start > first.begin && lines.length > 1) lines.shift()
    return { lines, end: start + taken }
  }

  /** The files of a stream, the oldest first, each with its place in all that was printed. */
  async #files(stream: keyof LogOffsets): Promise<LogFile[]> {
    const files: LogFile[] = []
    let begin = this.#base()[stream]
    for (let generation = 0; generation < this.#limits.logFiles; generation++) {
      const path = this.#path(stream, generation)
      const size = await sizeOf(path)
      if (size === undefined) break
      if (generation > 0) begin -= size
      files.unshift({ path, begin, size })
    }
    return files
  }

  /** Kept in a file, so that a reader's place holds also under the next manager. */
  #base(): LogOffsets {
    this.#putAside ??= readPlaceFile(join(this.#folder, PUT_ASIDE_FILE))
    return this.#putAside
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lastWork.then(work)
    this.#lastWork = result.catch(() => {})
    return result
  }

  #path(stream: keyof LogOffsets, generation = 0): string {
    return join(this.#folder, `${stream}.log${generation === 0 ? '' : `.${generation}`}`)
  }

  async #rotateAll(): Promise<void> {
    for (const stream of STREAMS) {
      const size = (await sizeOf(this.#path(stream))) ?? 0
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
    this.#base()[stream] += (await sizeOf(this.#path(stream, 1))) ?? 0
    writeFileSync(join(this.#folder, PUT_ASIDE_FILE), JSON.stringify(this.#base()), { mode: 0o600 })
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

interface LogFile {
  path: string
  begin: number
  size: number
}

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  )

/** What lies in this file of the places from `start` to `stop`. */
async function readPart({ path, begin, size }: LogFile, start: number, stop: number): Promise<Buffer> {
  const [from, to] = [Math.max(start, begin), Math.min(stop, begin + size)]
  if (from >= to) return Buffer.alloc(0)
  const file = await open(path, 'r')
  try {
    const bytes = Buffer.alloc(to - from)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from - begin)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

function readPlaceFile(path: string): LogPlace {
  try {
    const { stdout, stderr } = JSON.parse(readFileSync(path, 'utf8')) as LogPlace
    return { stdout, stderr }
  } catch {
    return { stdout: 0, stderr: 0 }
  }
}
