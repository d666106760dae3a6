import type { NdArray } from '@aicluster/host-sdk'
import { bytesText } from './units'

/** Text up to this many characters is shown, the rest is counted. */
const MAX_TEXT = 200

/** A result as JSON can hold it: bytes and arrays as base64, with what they are. */
export function jsonResult(value: unknown): unknown {
  if (value instanceof Uint8Array) return { type: 'bytes', base64: base64(value) }
  if (isArray(value)) return { type: 'ndarray', dtype: value.dtype, shape: value.shape, base64: base64(value.data) }
  if (Array.isArray(value)) return value.map(jsonResult)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonResult(inner)]))
}

/** A result in a line: bytes and arrays are summarised. */
export function resultText(value: unknown): string {
  if (value instanceof Uint8Array) return `${bytesText(value.length)} ${textOf(value)}`
  if (isArray(value)) return arrayText(value)
  return JSON.stringify(summary(value)) ?? 'null'
}

function summary(value: unknown): unknown {
  if (value instanceof Uint8Array) return `<${bytesText(value.length)}>`
  if (isArray(value)) return `<${arrayText(value)}>`
  if (Array.isArray(value)) return value.map(summary)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, summary(inner)]))
}

const arrayText = ({ dtype, shape, data }: NdArray): string => `${dtype} [${shape.join(', ')}], ${bytesText(data.byteLength)}`

/** Bytes that are text are shown as text, others in hexadecimal, both not endlessly. */
function textOf(bytes: Uint8Array): string {
  const start = bytes.subarray(0, 4 * MAX_TEXT)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: text has no other control characters than these
    if (!/[\u0000-\u0008\u000e-\u001f]/.test(text)) return shortened(JSON.stringify(text), bytes.length > start.length)
  } catch {
    // Not UTF-8.
  }
  return shortened(Buffer.from(start).toString('hex'), bytes.length > start.length)
}

const shortened = (text: string, more: boolean): string => {
  const cut = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text
  return more || cut !== text ? `${cut}...` : cut
}

const isArray = (value: unknown): value is NdArray => {
  const array = value as Partial<NdArray> | null
  return typeof value === 'object' && typeof array?.dtype === 'string' && Array.isArray(array.shape) && ArrayBuffer.isView(array.data)
}

const base64 = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64')
