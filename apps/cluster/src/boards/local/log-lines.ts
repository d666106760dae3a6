import { clusterError } from '@aicluster/protocol'
import { stripControl } from './strip-control'

/** Bytes of one stream that are read at a time. */
export const MAX_LOG_READ_BYTES = 128 * 1024
/** Lines of one stream that are told at a time. */
const MAX_LINES = 10_000
/** Longer lines are cut, in characters. */
const MAX_LINE_CHARACTERS = 8_192

/** How much of each stream somebody has read, in bytes since the container's files were made. */
export type LogPlace = Record<'stdout' | 'stderr', number>

export const logPlaceText = ({ stdout, stderr }: LogPlace): string => `${stdout}.${stderr}`

/** @throws InvalidArgumentError (302) it is none that {@link logPlaceText} has made */
export function readLogPlace(text: string): LogPlace {
  const [, stdout, stderr] = /^(\d{1,15})\.(\d{1,15})$/.exec(text) ?? []
  if (stdout !== undefined && stderr !== undefined) return { stdout: Number(stdout), stderr: Number(stderr) }
  throw clusterError('invalidParameter', {
    detail: `after is ${JSON.stringify(text)}, it must be the "next" of an earlier reply`,
    details: { field: 'after', value: text },
  })
}

/**
 * The whole lines in these bytes, printable and cut where they are too long, and how many bytes they took.
 * @param whole - nothing will follow: what has no line feed at its end is a line too
 */
export function takeLines(bytes: Buffer, whole: boolean): { lines: string[]; taken: number } {
  const lines: string[] = []
  let taken = 0
  while (lines.length < MAX_LINES && taken < bytes.length) {
    const end = bytes.indexOf(0x0a, taken)
    // A line that fills all that is read at a time would never end.
    if (end < 0 && !whole && !(taken === 0 && bytes.length >= MAX_LOG_READ_BYTES)) break
    const line = bytes.toString('utf8', taken, end < 0 ? bytes.length : end).replace(/\r$/, '')
    // One by one: it may be of more segments than a call can have arguments.
    for (const segment of printableLines(line)) lines.push(segment)
    taken = end < 0 ? bytes.length : end + 1
  }
  return { lines, taken }
}

/** One line of untrusted output, printable; more than one where it overwrites itself. */
export const printableLines = (line: string): string[] => stripControl(line).split('\n').map(cut)

const cut = (line: string): string => (line.length > MAX_LINE_CHARACTERS ? `${line.slice(0, MAX_LINE_CHARACTERS)}…` : line)
