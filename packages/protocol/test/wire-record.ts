import {
  createEnvelope,
  decodeMsgpack,
  type Envelope,
  encodeMsgpack,
  fixedLength,
  INLINE_BODY_BYTES,
  PREAMBLE_BYTES,
  RECORD_LENGTH_BYTES,
  RecordFlag,
  RecordKind,
  readEnvelope,
  readPreamble,
  readU32,
  writeEnvelope,
  writePreamble,
  writeU32,
} from '../src/index'

/** Kinds whose body is one msgpack value. */
const MSGPACK_BODIES = new Set<number>([RecordKind.command, RecordKind.reply, RecordKind.commandError, RecordKind.event])

/** The fields of an envelope that are not lengths, and what comes behind them. What is left out is 0 or absent. */
export interface WireRecord {
  envelope: Partial<Envelope> & { kind: number }
  name?: string
  /** Travels as msgpack. */
  header?: unknown
  /** Bytes, or with a kind whose body is msgpack, the value. */
  body?: unknown
}

const bodyBytes = ({ envelope, body }: WireRecord): Uint8Array =>
  body === undefined ? new Uint8Array(0) : MSGPACK_BODIES.has(envelope.kind) ? encodeMsgpack(body) : (body as Uint8Array)

/** One message: what the codec makes of these records, large bodies in one frame of their own. */
export function encodeMessage(records: readonly WireRecord[]): Uint8Array[] {
  const parts: Uint8Array[] = [new Uint8Array(PREAMBLE_BYTES)]
  const bodyFrames: Uint8Array[] = []
  writePreamble(parts[0] as Uint8Array)
  for (const record of records) {
    const name = Buffer.from(record.name ?? '', 'ascii')
    const header = record.header === undefined ? new Uint8Array(0) : encodeMsgpack(record.header)
    const body = bodyBytes(record)
    const framed = body.length > INLINE_BODY_BYTES
    const envelope = { ...createEnvelope(), ...record.envelope }
    if (framed) envelope.flags |= RecordFlag.bodyInFrames
    Object.assign(envelope, { nameLength: name.length, headerLength: header.length, bodyLength: body.length })
    const length = fixedLength(envelope.flags) + name.length + header.length + (framed ? 0 : body.length)
    const fixed = new Uint8Array(RECORD_LENGTH_BYTES + fixedLength(envelope.flags))
    writeU32(fixed, 0, length)
    writeEnvelope(fixed, RECORD_LENGTH_BYTES, envelope)
    parts.push(fixed, name, header)
    if (framed) bodyFrames.push(body)
    else parts.push(body)
  }
  return [Buffer.concat(parts), ...bodyFrames]
}

/** The records of one well-formed message. Throws when it is not one. */
export function decodeMessage(frames: readonly Uint8Array[]): WireRecord[] {
  const frame = Buffer.from(frames[0] as Uint8Array)
  if (readPreamble(frame) !== 'ok') throw new Error('not a message of this version')
  const records: WireRecord[] = []
  for (let at = PREAMBLE_BYTES; at < frame.length; ) {
    const start = at + RECORD_LENGTH_BYTES
    const end = start + readU32(frame, at)
    const envelope = createEnvelope()
    const nameAt = readEnvelope(frame, start, end, envelope)
    if (nameAt < 0) throw new Error('the record contradicts itself')
    const headerAt = nameAt + envelope.nameLength
    const bodyAt = headerAt + envelope.headerLength
    const body = envelope.flags & RecordFlag.bodyInFrames ? Buffer.concat(frames.slice(1)) : frame.subarray(bodyAt, end)
    records.push({
      envelope,
      ...(envelope.nameLength > 0 ? { name: frame.toString('ascii', nameAt, headerAt) } : {}),
      ...(envelope.headerLength > 0 ? { header: decodeMsgpack(frame.subarray(headerAt, bodyAt)) } : {}),
      ...(body.length > 0 ? { body: MSGPACK_BODIES.has(envelope.kind) ? decodeMsgpack(body) : body } : {}),
    })
    at = end
  }
  return records
}
