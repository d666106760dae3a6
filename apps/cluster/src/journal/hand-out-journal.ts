import { closeSync, fchmodSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A number is written as 48 bits, big-endian. */
const NUMBER_BYTES = 6
const DEFAULT_SEGMENT_BYTES = 4 * 1024 * 1024
const FIRST_BUFFER_BYTES = 1024 * NUMBER_BYTES
const SEGMENT_NAME = /^hand-outs\.(\d{1,15})$/

export interface HandOutJournalOptions {
  /** Size at which a segment is full and the next one begins, in bytes. Default 4 MiB: some 700,000 numbers. */
  segmentBytes?: number
  /** Numbers that a successor must know however old they are: in flight, or answered and not acknowledged. Asked for with each new segment. */
  live(): Iterable<number>
  /** Told of the first write that fails; later ones are only counted. */
  onWriteFailed(error: Error): void
}

/**
 * Numbers of requests that were handed out, never their data: so that after `kill -9` the next manager knows what a container
 * may have begun. It survives the process, not a power cut (nothing is synced to the disk).
 *
 * A ring of two segments: the newest is appended to until it is full; then a new one begins with what is live, and older ones go.
 * Whatever is live is therefore always in the newest segment, or was when that one began.
 */
export class HandOutJournal {
  /** Writes that failed. */
  failedWrites = 0
  /** Numbers that never got to the disk, because writes went on failing. */
  lostNumbers = 0
  /** What was added and is not written yet. */
  private pending = Buffer.allocUnsafe(FIRST_BUFFER_BYTES)
  private pendingBytes = 0
  /** Where the next number goes in the newest segment. */
  private position: number
  /** Size at which the newest segment is full. */
  private fullAtBytes: number
  /** Files that the newest segment makes superfluous. */
  private obsolete: string[] = []

  private constructor(
    private readonly folder: string,
    private readonly segmentBytes: number,
    private readonly options: HandOutJournalOptions,
    private earlier: Float64Array,
    private older: string[],
    private newest: number,
    private file: number,
    newestBytes: number,
  ) {
    // A torn number at the end is overwritten by the next one.
    this.position = newestBytes - (newestBytes % NUMBER_BYTES)
    this.fullAtBytes = segmentBytes
  }

  /**
   * Read what earlier managers have left in the folder, and get ready to append to their newest segment.
   * @param folder - made if need be; readable by this user alone, as are the files
   * @throws Error naming the folder or file: it cannot be made, read or written
   */
  static open(folder: string, options: HandOutJournalOptions): HandOutJournal {
    const segments = naming(folder, () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      return segmentsIn(folder)
    })
    const paths = segments.map((segment) => segmentPath(folder, segment))
    const contents = paths.map((path) => naming(path, () => readFileSync(path)))
    const newest = segments.at(-1) ?? 1
    const path = segmentPath(folder, newest)
    const file = naming(path, () => openSegment(path, segments.length > 0 ? 'r+' : 'w'))
    const { segmentBytes = DEFAULT_SEGMENT_BYTES } = options
    const newestBytes = contents.at(-1)?.length ?? 0
    return new HandOutJournal(folder, segmentBytes, options, numbersIn(contents), paths.slice(0, -1), newest, file, newestBytes)
  }

  /** Note a number, to be written with the next {@link flush}. */
  add(number: number): void {
    if (this.pendingBytes === this.pending.length) this.grow()
    const { pending, pendingBytes: at } = this
    pending.writeUInt16BE(Math.floor(number / 2 ** 32), at)
    pending.writeUInt32BE(number >>> 0, at + 2)
    this.pendingBytes += NUMBER_BYTES
  }

  /**
   * Write everything added since the last time, at once. Never throws: what cannot be written now is tried again with the next
   * flush, and given up once it is more than a segment.
   */
  flush(): void {
    if (this.pendingBytes === 0) return
    try {
      if (this.position > 0 && this.position + this.pendingBytes > this.fullAtBytes) this.beginSegment()
      this.write()
    } catch (error) {
      this.failedWrites++
      if (this.failedWrites === 1) this.options.onWriteFailed(error instanceof Error ? error : new Error(String(error)))
      if (this.pendingBytes > this.segmentBytes) {
        this.lostNumbers += this.pendingBytes / NUMBER_BYTES
        this.pendingBytes = 0
      }
    }
    // Also after a failure: on a full disk this is what makes room.
    if (this.obsolete.length > 0) this.removeObsolete()
  }

  /** Whether an earlier manager handed this number out. What this process has added is not asked for. */
  has(number: number): boolean {
    const { earlier } = this
    let from = 0
    let to = earlier.length
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((earlier[middle] as number) < number) from = middle + 1
      else to = middle
    }
    return earlier[from] === number
  }

  /** Nobody asks about earlier managers any more: their numbers need no memory. */
  forgetEarlier(): void {
    this.earlier = new Float64Array(0)
  }

  /** Write what is left. Nothing may be added afterwards. */
  close(): void {
    this.flush()
    closeSync(this.file)
  }
  /** Once, unless the disk takes only a part of it. */
  private write(): void {
    while (this.pendingBytes > 0) {
      const written = writeSync(this.file, this.pending, 0, this.pendingBytes, this.position)
      const whole = written - (written % NUMBER_BYTES)
      if (whole === 0) throw new Error(`${segmentPath(this.folder, this.newest)}: ${written} of ${this.pendingBytes} bytes were written`)
      this.position += whole
      this.pending.copyWithin(0, whole, this.pendingBytes)
      this.pendingBytes -= whole
    }
  }

  /** What is live goes in front of what is to be written: it is the first in the new segment. */
  private beginSegment(): void {
    const live = [...this.options.live()]
    const full = segmentPath(this.folder, this.newest)
    const file = openSegment(segmentPath(this.folder, this.newest + 1), 'w')
    const added = this.pending.subarray(0, this.pendingBytes)
    const liveBytes = live.length * NUMBER_BYTES
    this.pending = Buffer.allocUnsafe(Math.max(FIRST_BUFFER_BYTES, liveBytes + added.length))
    this.pendingBytes = 0
    for (const number of live) this.add(number)
    this.pending.set(added, liveBytes)
    this.pendingBytes = liveBytes + added.length
    this.obsolete.push(...this.older)
    this.older = [full]
    const before = this.file
    this.file = file
    this.newest++
    this.position = 0
    // However much is live, as much again has room.
    this.fullAtBytes = Math.max(this.segmentBytes, 2 * liveBytes)
    closeSync(before)
  }

  private removeObsolete(): void {
    const paths = this.obsolete
    this.obsolete = []
    for (const path of paths) {
      try {
        rmSync(path, { force: true })
      } catch {
        // It costs only room; the next segment's turn tries again.
        this.older.push(path)
      }
    }
  }

  private grow(): void {
    const pending = Buffer.allocUnsafe(this.pending.length * 2)
    this.pending.copy(pending, 0, 0, this.pendingBytes)
    this.pending = pending
  }
}

const segmentPath = (folder: string, segment: number): string => join(folder, `hand-outs.${segment}`)

/** Oldest first. */
const segmentsIn = (folder: string): number[] =>
  readdirSync(folder)
    .flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)

/** For writing at any place, readable by this user alone. */
function openSegment(path: string, flags: 'r+' | 'w'): number {
  const file = openSync(path, flags, 0o600)
  fchmodSync(file, 0o600)
  return file
}

/** All numbers, in rising order. */
function numbersIn(contents: readonly Buffer[]): Float64Array {
  const wholeNumbers = ({ length }: Buffer): number => Math.floor(length / NUMBER_BYTES)
  const numbers = new Float64Array(contents.reduce((sum, content) => sum + wholeNumbers(content), 0))
  let count = 0
  for (const content of contents) {
    for (let i = 0; i < wholeNumbers(content); i++) numbers[count++] = content.readUIntBE(i * NUMBER_BYTES, NUMBER_BYTES)
  }
  return numbers.sort()
}

/** Whatever goes wrong says where, and what can be done about it. */
function naming<Result>(path: string, run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `the hand-out journal ${path} cannot be opened (${reason}): let the manager's user read and write it, ` +
        'or remove it if no application waits for requests of the manager before',
      { cause: error },
    )
  }
}
