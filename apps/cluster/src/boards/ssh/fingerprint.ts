import { createHash } from 'node:crypto'

/** A host key as `ssh-keygen -lf` names it: `SHA256:` and 43 characters. */
export const fingerprintOf = (key: Buffer): string => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** Type of a key in its wire form: `ssh-ed25519`; empty for what is no key. */
export function keyType(key: Buffer): string {
  if (key.length < 4) return ''
  const length = key.readUInt32BE(0)
  return length <= 64 && 4 + length <= key.length ? key.toString('latin1', 4, 4 + length) : ''
}
