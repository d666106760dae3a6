/** A value that an option cannot have; the message goes on where `--cpus "x"` ends: `must be …`. */
export class OptionValueError extends Error {}

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** Bytes, as docker reads them: `64m`, `1.5g`, `512kb`, `4096`. */
export function bytesOf(value: string): number {
  const [, number, unit = 'b'] = /^(\d{1,15}(?:\.\d{1,6})?) ?(?:([bkmgt])(?:i?b)?)?$/i.exec(value) ?? []
  const bytes = Math.floor(Number(number) * (UNITS[unit.toLowerCase()] ?? Number.NaN))
  if (!Number.isSafeInteger(bytes)) throw new OptionValueError('must be bytes with or without a unit, like 512m or 1.5g')
  return bytes
}

/** A count from 0 on. */
export function countOf(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new OptionValueError('must be a whole number from 0 on')
  return Number(value)
}

/** CPUs as the Engine wants them: billionths. */
export function nanoCpusOf(value: string): number {
  const cpus = /^\d{1,4}(\.\d{1,9})?$/.test(value) ? Number(value) : 0
  if (cpus < 0.01) throw new OptionValueError('must be a number of CPUs from 0.01 on, like 1.5')
  return Math.round(cpus * 1e9)
}

/** A switch that was given with a value, or without one. */
export function switchOf(value: string | undefined): boolean {
  if (value === undefined || value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw new OptionValueError('must be true or false')
}

/** `NAME=VALUE`, or `NAME` for an empty value. */
export function pairOf(value: string): [string, string] {
  const at = value.indexOf('=')
  const name = at < 0 ? value : value.slice(0, at)
  if (name === '') throw new OptionValueError('must be NAME=VALUE')
  return [name, at < 0 ? '' : value.slice(at + 1)]
}

/** A value of which something must be there. */
export function textOf(value: string): string {
  if (value.trim() === '') throw new OptionValueError('must not be empty')
  return value
}

/** `nofile=1024:2048`: soft and hard limit. */
export function ulimitOf(value: string): { Name: string; Soft: number; Hard: number } {
  const [, name, soft, hard = soft] = /^([a-z]+)=(-1|\d{1,15})(?::(-1|\d{1,15}))?$/.exec(value) ?? []
  if (name === undefined) throw new OptionValueError('must be NAME=SOFT[:HARD], like nofile=1024:2048')
  return { Name: name, Soft: Number(soft), Hard: Number(hard) }
}
