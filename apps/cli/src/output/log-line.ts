import type { Color } from './colors'

const LEVELS: Readonly<Record<number, readonly [name: string, color: Color]>> = {
  10: ['TRACE', 'dim'],
  20: ['DEBUG', 'dim'],
  30: ['INFO', 'green'],
  40: ['WARN', 'yellow'],
  50: ['ERROR', 'red'],
  60: ['FATAL', 'red'],
}

/** Shown elsewhere in the line, or of no use to whoever reads along. */
const HIDDEN = new Set(['level', 'time', 'msg', 'thread', 'err'])

/** A log line of the manager in parts, each with its colour; undefined when the text is no such line. */
export function logLineParts(text: string): readonly (readonly [text: string, color?: Color])[] | undefined {
  const entry = parse(text)
  if (!entry) return undefined
  const [name, color] = LEVELS[entry.level] ?? ['LOG', 'dim']
  const fields = Object.entries(entry).filter(([key]) => !HIDDEN.has(key))
  return [
    [clockTime(entry.time), 'dim'],
    [name.padEnd(5), color],
    [entry.msg ?? ''],
    [fields.map(([key, value]) => `${key}=${fieldText(value)}`).join(' '), 'dim'],
    [entry.err === undefined ? '' : errorText(entry.err), color],
  ]
}

interface LogEntry {
  level: number
  /** ms since 1970. */
  time: number
  msg?: string
  err?: unknown
}

function parse(text: string): LogEntry | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const value = JSON.parse(text) as Partial<LogEntry>
    return typeof value.level === 'number' && typeof value.time === 'number' ? (value as LogEntry) : undefined
  } catch {
    return undefined
  }
}

const clockTime = (time: number): string => {
  const date = new Date(time)
  const two = (value: number, digits = 2) => String(value).padStart(digits, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${two(date.getMilliseconds(), 3)}`
}

const fieldText = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : (JSON.stringify(value) ?? '')

/** An error as pino writes it: its stack is for debugging the manager and stays in the JSON. */
function errorText(error: unknown): string {
  const { type, name, code, message } = error as { type?: string; name?: string; code?: number | string; message?: string }
  return `${name ?? type ?? 'Error'}${code === undefined ? '' : ` [${code}]`}: ${message ?? JSON.stringify(error)}`
}
