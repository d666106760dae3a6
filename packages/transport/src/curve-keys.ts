import { curveKeyPair } from 'zeromq'

/** A CURVE key in Z85 is this long. */
const KEY_LENGTH = 40
const KEY_BYTES = 32
const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'

/** A CURVE key pair, each key as 40 characters of Z85. */
export interface CurveKeyPair {
  publicKey: string
  secretKey: string
}

/** What a connecting socket needs: who the manager is, and who it is itself. */
export interface CurveClientKeys extends CurveKeyPair {
  /** The manager's public key. */
  serverKey: string
}

/** What a bound socket needs. */
export interface CurveServerKeys {
  secretKey: string
  /** Which table of known keys decides who may come; see `ZapHandler`. */
  domain: string
}

/** A new pair from the system's random numbers. */
export const newCurveKeyPair = (): CurveKeyPair => curveKeyPair()

/** Whether `value` is written as a CURVE key is. */
export const isCurveKey = (value: unknown): value is string =>
  typeof value === 'string' && value.length === KEY_LENGTH && [...value].every((character) => Z85.includes(character))

/** The text of a key that came as bytes; undefined when it has not the length of one. */
export function curveKeyText(bytes: Uint8Array): string | undefined {
  if (bytes.length !== KEY_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text = ''
  for (let at = 0; at < KEY_BYTES; at += 4) {
    const value = view.getUint32(at)
    for (let divisor = 85 ** 4; divisor >= 1; divisor /= 85) text += Z85[Math.floor(value / divisor) % 85]
  }
  return text
}
