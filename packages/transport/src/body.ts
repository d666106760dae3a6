import { decodeMsgpack, type Envelope, INLINE_BODY_BYTES, shortText } from '@aicluster/protocol'

/** The header of a received record, as a view. */
export const headerOf = (envelope: Envelope, frame: Uint8Array, nameAt: number): Uint8Array =>
  frame.subarray(nameAt + envelope.nameLength, nameAt + envelope.nameLength + envelope.headerLength)

/** What the header of a received record holds. @throws Error: it is no msgpack */
export function readHeader(envelope: Envelope, frame: Uint8Array, nameAt: number): unknown {
  const at = nameAt + envelope.nameLength
  return decodeMsgpack(frame, at, at + envelope.headerLength)
}

/** The body of a received record: a view where it came in one piece, joined once where it did not. */
export function bodyOf(envelope: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): Uint8Array {
  if (!bodyFrames) {
    const at = nameAt + envelope.nameLength + envelope.headerLength
    return frame.subarray(at, at + envelope.bodyLength)
  }
  return bodyFrames.length === 1 ? (bodyFrames[0] as Uint8Array) : Buffer.concat(bodyFrames, envelope.bodyLength)
}

/** Whether a body of this many bytes rides in the record itself. */
export const ridesInline = (bytes: number): boolean => bytes <= INLINE_BODY_BYTES

const nameBytes = new Map<string, Uint8Array>()
const NAME_CACHE_SIZE = 1024

/** The bytes of an inference name. Names are few and ASCII: they are encoded once. */
export function encodeName(name: string): Uint8Array {
  let bytes = nameBytes.get(name)
  if (bytes === undefined) {
    if (nameBytes.size >= NAME_CACHE_SIZE) nameBytes.clear()
    bytes = Buffer.from(name, 'latin1')
    nameBytes.set(name, bytes)
  }
  return bytes
}

/** The inference name of a received record. */
export const nameOf = (envelope: Envelope, frame: Uint8Array, nameAt: number): string =>
  shortText(frame, nameAt, envelope.nameLength) ?? (frame as Buffer).toString('latin1', nameAt, nameAt + envelope.nameLength)
