import { type ContainerLogView, clusterError } from '@aicluster/protocol'
import type Docker from 'dockerode'
import { MAX_LOG_READ_BYTES, printableLines } from '../local/log-lines'
import { lastLines } from '../local/strip-control'

/** An entry larger than this is no entry of a log. */
const MAX_ENTRY_BYTES = 1024 * 1024
const TAIL_LIMITS = { lines: 20, bytes: 4096 }
const TAIL_ENTRIES = 200

/** One piece of output: a line with its line feed, or 16 KB of a longer one. */
interface LogEntry {
  stream: 'stdout' | 'stderr'
  /** `seconds.nanoseconds` since 1970, by the board's clock. */
  time: string
  text: Buffer
}

/** Up to where somebody has read: so many entries of this time, and all before it. */
interface LogPlace {
  time: string
  count: number
}

interface LogQuery {
  tail?: number
  since?: string
  stdout?: boolean
  stderr?: boolean
}

/** @throws InvalidArgumentError (302) it is none of ours */
function readPlace(text: string): LogPlace {
  const [, seconds, nanos, count = '0'] = /^(\d{1,15})\.(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text) ?? []
  if (seconds !== undefined && nanos !== undefined) return { time: `${seconds}.${nanos.padStart(9, '0')}`, count: Number(count) }
  throw clusterError('invalidParameter', {
    detail: `after is ${JSON.stringify(text)}, it must be the "next" of an earlier reply`,
    details: { field: 'after', value: text },
  })
}

/**
 * What a container has printed since its Engine made it: from a place on, or the last lines, in the order in which they came.
 * @throws InvalidArgumentError (302) `after` is no place; what dockerode throws
 */
export async function readEngineLog(
  container: Docker.Container,
  from: { after?: string | undefined; lines: number },
): Promise<ContainerLogView> {
  const place = from.after === undefined ? undefined : readPlace(from.after)
  // Without lines it is only asked where the end is.
  const query = place ? { since: place.time } : { tail: Math.max(1, from.lines) }
  let last: LogPlace = place ?? { time: '0.0', count: 0 }
  let toSkip = place?.count ?? 0
  let bytes = 0
  const lines = new LineJoiner()
  for await (const entry of entriesOf(container, query)) {
    if (place && entry.time === place.time && toSkip-- > 0) continue
    last = entry.time === last.time ? { time: last.time, count: last.count + 1 } : { time: entry.time, count: 1 }
    lines.add(entry)
    bytes += entry.text.length
    if (place && bytes >= 2 * MAX_LOG_READ_BYTES) break
  }
  const all = lines.finish()
  return { lines: place ? all : from.lines === 0 ? [] : all.slice(-from.lines), next: `${last.time}.${last.count}` }
}

/** The last lines of what was printed from `since` on (ISO 8601; undefined: ever): of stderr, or of stdout where stderr is empty. */
export async function engineLogTail(container: Docker.Container, since: string | undefined): Promise<string> {
  const from = since === undefined ? {} : { since: engineTime(since) }
  for (const stream of ['stderr', 'stdout'] as const) {
    const lines = new LineJoiner()
    const query = { ...from, tail: TAIL_ENTRIES, stdout: stream === 'stdout', stderr: stream === 'stderr' }
    for await (const entry of entriesOf(container, query)) lines.add(entry)
    const text = lastLines(lines.finish().join('\n'), TAIL_LIMITS)
    if (text !== '') return text
  }
  return ''
}

/** `2024-01-01T00:00:00.123456789Z` as `seconds.nanoseconds`. */
function engineTime(text: string): string {
  const [, whole = '', fraction = ''] = /^([^.Z]+)(?:\.(\d{1,9}))?/.exec(text) ?? []
  return `${Math.floor(Date.parse(`${whole}Z`) / 1000) || 0}.${fraction.padEnd(9, '0')}`
}

/** Puts the pieces of long lines together again. */
class LineJoiner {
  readonly #lines: string[] = []
  readonly #open: Record<LogEntry['stream'], Buffer[]> = { stdout: [], stderr: [] }

  add({ stream, text }: LogEntry): void {
    this.#open[stream].push(text)
    if (text.at(-1) === 0x0a) this.#close(stream)
  }

  finish(): string[] {
    for (const stream of ['stdout', 'stderr'] as const) if (this.#open[stream].length > 0) this.#close(stream)
    return this.#lines
  }

  #close(stream: LogEntry['stream']): void {
    const text = Buffer.concat(this.#open[stream].splice(0)).toString('utf8')
    // One by one: a line may be of more segments than a call can have arguments.
    for (const line of printableLines(text.replace(/\r?\n$/, ''))) this.#lines.push(line)
  }
}

/** Not by dockerode's `logs`, which keeps all of it in memory before it gives any. */
function dialLogs({ modem, id }: Docker.Container, query: LogQuery): Promise<NodeJS.ReadableStream> {
  const options = { stdout: true, stderr: true, timestamps: true, tail: 'all', ...query }
  const request = {
    path: `/containers/${id}/logs?`,
    method: 'GET',
    isStream: true,
    statusCodes: { 200: true, 404: 'no such container' },
    options,
  }
  return new Promise((resolve, reject) => {
    modem.dial(request, (error: unknown, stream: unknown) => (error ? reject(error) : resolve(stream as NodeJS.ReadableStream)))
  })
}

/** Each entry comes in a frame: stream, three zeros, length, `TIME TEXT`. */
async function* entriesOf(container: Docker.Container, query: LogQuery): AsyncGenerator<LogEntry> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of await dialLogs(container, query)) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    while (rest.length >= 8) {
      const length = rest.readUInt32BE(4)
      if (length > MAX_ENTRY_BYTES) throw new Error(`the Engine sent a log entry of ${length} bytes`)
      if (rest.length < 8 + length) break
      const frame = rest.subarray(8, 8 + length)
      const space = frame.indexOf(0x20)
      const time = engineTime(frame.toString('latin1', 0, Math.max(0, space)))
      yield { stream: rest[0] === 2 ? 'stderr' : 'stdout', time, text: Buffer.from(frame.subarray(space + 1)) }
      rest = rest.subarray(8 + length)
    }
  }
}
