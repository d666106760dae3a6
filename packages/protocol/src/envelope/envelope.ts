import { MAX_INFERENCE_NAME_BYTES, PROTOCOL_MAJOR } from '../limits'
import { RecordFlag } from './record-kind'

/** Bytes of the fixed part of an envelope. */
export const ENVELOPE_BYTES = 48
/** Bytes of the three stage times behind it, where the flag says so. */
export const STAMPS_BYTES = 24
/** Bytes in front of the first record of a message: magic `AI`, major version, a zero. */
export const PREAMBLE_BYTES = 4
/** Bytes in front of every record: its length, big-endian. */
export const RECORD_LENGTH_BYTES = 4

/**
 * The fixed part of a record, as fields. One object is reused for many records on the hot path,
 * so keep what you need of it, not the object.
 */
export interface Envelope {
  kind: number
  flags: number
  /** 0 is the default; a higher one is reserved for later. */
  priority: number
  /** 0 the first time a request is handed out. */
  attempt: number
  /** The manager's life, counted; 0 before hello. */
  epoch: number
  /** The number the manager gave this session; 0 before hello. */
  session: number
  /** The request or command this record belongs to; 0 for none. */
  request: number
  /** Counts the records of one direction of one connection, from 1. */
  linkSequence: number
  /** The sender has everything up to this link sequence of the other direction. */
  ack: number
  /** Streams: a part's number from 0; of a result or error how many parts come before it; of a window see its kind. */
  part: number
  /** Time that remains, in ms; 0 none of the sender's own, 0xffffffff never. */
  deadlineMs: number
  headerLength: number
  bodyLength: number
  nameLength: number
  /** When the manager received the request, ms since 1970 by the manager's clock; with the stamps flag. */
  receivedAtMs: number
  /** When the manager sent it to a container. */
  sentAtMs: number
  /** When the manager received the container's answer. */
  answeredAtMs: number
}

/** An envelope of this kind with every other field 0 or empty. */
export const createEnvelope = (kind = 0): Envelope => ({
  kind,
  flags: 0,
  priority: 0,
  attempt: 0,
  epoch: 0,
  session: 0,
  request: 0,
  linkSequence: 0,
  ack: 0,
  part: 0,
  deadlineMs: 0,
  headerLength: 0,
  bodyLength: 0,
  nameLength: 0,
  receivedAtMs: 0,
  sentAtMs: 0,
  answeredAtMs: 0,
})

const TWO_POW_32 = 2 ** 32
const double = new DataView(new ArrayBuffer(8))

/** Number of bytes between a record's start and its inference name. */
export const fixedLength = (flags: number): number => (flags & RecordFlag.stamps ? ENVELOPE_BYTES + STAMPS_BYTES : ENVELOPE_BYTES)

/** Write an unsigned 32-bit number, big-endian. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** Read an unsigned 32-bit number, big-endian. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
  )
}

function writeU48(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / TWO_POW_32)
  bytes[at] = high >>> 8
  bytes[at + 1] = high
  writeU32(bytes, at + 2, value >>> 0)
}

function readU48(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 8) | (bytes[at + 1] as number)) * TWO_POW_32 + readU32(bytes, at + 2)
}

/** Write a double, big-endian. */
export function writeF64(bytes: Uint8Array, at: number, value: number): void {
  double.setFloat64(0, value)
  writeU32(bytes, at, double.getUint32(0))
  writeU32(bytes, at + 4, double.getUint32(4))
}

/** Read a double, big-endian. */
export function readF64(bytes: Uint8Array, at: number): number {
  double.setUint32(0, readU32(bytes, at))
  double.setUint32(4, readU32(bytes, at + 4))
  return double.getFloat64(0)
}

/** Write magic and version at the start of a message's first frame. */
export function writePreamble(bytes: Uint8Array): void {
  bytes[0] = 0x41
  bytes[1] = 0x49
  bytes[2] = PROTOCOL_MAJOR
  bytes[3] = 0
}

/** What a message's first four bytes say: ours, another major version of ours, or something else. */
export function readPreamble(bytes: Uint8Array): 'ok' | 'other-version' | 'foreign' {
  if (bytes.length < PREAMBLE_BYTES || bytes[0] !== 0x41 || bytes[1] !== 0x49) return 'foreign'
  return bytes[2] === PROTOCOL_MAJOR ? 'ok' : 'other-version'
}

/** Write the fixed part, and the stage times if its flags say so. Returns the offset behind it. */
export function writeEnvelope(bytes: Uint8Array, at: number, e: Envelope): number {
  bytes[at] = e.kind
  bytes[at + 1] = e.flags
  bytes[at + 2] = e.priority
  bytes[at + 3] = e.attempt
  writeU32(bytes, at + 4, e.epoch)
  writeU32(bytes, at + 8, e.session)
  writeU48(bytes, at + 12, e.request)
  writeU48(bytes, at + 18, e.linkSequence)
  writeU48(bytes, at + 24, e.ack)
  writeU32(bytes, at + 30, e.part)
  writeU32(bytes, at + 34, e.deadlineMs)
  writeU32(bytes, at + 38, e.headerLength)
  writeU32(bytes, at + 42, e.bodyLength)
  bytes[at + 46] = e.nameLength
  bytes[at + 47] = 0
  if (!(e.flags & RecordFlag.stamps)) return at + ENVELOPE_BYTES
  writeF64(bytes, at + 48, e.receivedAtMs)
  writeF64(bytes, at + 56, e.sentAtMs)
  writeF64(bytes, at + 64, e.answeredAtMs)
  return at + ENVELOPE_BYTES + STAMPS_BYTES
}

/**
 * Read the fixed part of the record in `bytes[at, end)` into `into`. Returns the offset of the inference name,
 * or -1 when the record contradicts itself (too short, or its lengths do not add up).
 */
export function readEnvelope(bytes: Uint8Array, at: number, end: number, into: Envelope): number {
  if (end - at < ENVELOPE_BYTES) return -1
  into.kind = bytes[at] as number
  const flags = bytes[at + 1] as number
  into.flags = flags
  into.priority = bytes[at + 2] as number
  into.attempt = bytes[at + 3] as number
  into.epoch = readU32(bytes, at + 4)
  into.session = readU32(bytes, at + 8)
  into.request = readU48(bytes, at + 12)
  into.linkSequence = readU48(bytes, at + 18)
  into.ack = readU48(bytes, at + 24)
  into.part = readU32(bytes, at + 30)
  into.deadlineMs = readU32(bytes, at + 34)
  into.headerLength = readU32(bytes, at + 38)
  into.bodyLength = readU32(bytes, at + 42)
  into.nameLength = bytes[at + 46] as number
  const nameAt = at + fixedLength(flags)
  const inlineBody = flags & RecordFlag.bodyInFrames ? 0 : into.bodyLength
  if (into.nameLength > MAX_INFERENCE_NAME_BYTES) return -1
  if (nameAt + into.nameLength + into.headerLength + inlineBody !== end) return -1
  if (flags & RecordFlag.stamps) {
    into.receivedAtMs = readF64(bytes, at + 48)
    into.sentAtMs = readF64(bytes, at + 56)
    into.answeredAtMs = readF64(bytes, at + 64)
  } else {
    into.receivedAtMs = into.sentAtMs = into.answeredAtMs = 0
  }
  return nameAt
}
