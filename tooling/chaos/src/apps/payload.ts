import { randomFillSync } from 'node:crypto'

const NOISE = randomFillSync(Buffer.allocUnsafe(2 * 1024 * 1024))

/** Data that no other request has: its id in front and at the end, noise from another place between. */
export function payloadFor(id: string, length: number): Buffer {
  const mark = Buffer.from(`<${id}>`)
  const size = Math.max(length, 2 * mark.length)
  const offset = Math.floor(Math.random() * (NOISE.length - size))
  const payload = Buffer.from(NOISE.subarray(offset, offset + size))
  payload.set(mark, 0)
  payload.set(mark, size - mark.length)
  return payload
}

/** What is wrong with an echo; undefined: nothing. */
export function wrongEcho(sent: Buffer, result: unknown): string | undefined {
  if (!(result instanceof Uint8Array)) return `the result is no bytes but ${result === null ? 'null' : typeof result}`
  if (sent.equals(result)) return undefined
  const theirs = /^<([^>]{1,80})>/.exec(Buffer.from(result.subarray(0, 100)).toString('latin1'))?.[1] ?? 'nobody'
  return `${result.length} bytes of ${theirs} for ${sent.length}`
}
