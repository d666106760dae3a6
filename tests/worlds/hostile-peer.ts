import {
  createEnvelope,
  type Envelope,
  encodeMsgpack,
  fixedLength,
  PREAMBLE_BYTES,
  PROTOCOL_MAJOR,
  PROTOCOL_MINOR,
  RECORD_LENGTH_BYTES,
  RecordFlag,
  type RecordKind,
  readEnvelope,
  writeEnvelope,
  writePreamble,
  writeU32,
} from '@aicluster/protocol'
import { Dealer } from 'zeromq'
import { eventually } from './eventually'

/** A record as somebody sends it who knows the bytes but not the rules. */
export interface RawRecord {
  kind: RecordKind
  name?: string
  header?: Uint8Array
  /** Rides in the record, unless `frames` are given. */
  body?: Uint8Array
  /** Claim that the body follows in frames of its own. */
  inFrames?: boolean
  fields?: Partial<Envelope>
}

/** Rises with every record of a test file: whatever comes again with a sequence of before is ignored. */
let lastSequence = 0

/** The bytes of one record, without a message's preamble. */
export function recordBytes({
  kind,
  name = '',
  header = new Uint8Array(0),
  body = new Uint8Array(0),
  inFrames,
  fields,
}: RawRecord): Buffer {
  const lengths = { headerLength: header.length, bodyLength: body.length, nameLength: name.length }
  const envelope = { ...createEnvelope(kind), linkSequence: ++lastSequence, ...lengths, ...fields }
  if (inFrames) envelope.flags |= RecordFlag.bodyInFrames
  const fixed = Buffer.alloc(RECORD_LENGTH_BYTES + fixedLength(envelope.flags))
  writeEnvelope(fixed, RECORD_LENGTH_BYTES, envelope)
  const rest = [Buffer.from(name, 'latin1'), header, ...(inFrames ? [] : [body])]
  const record = Buffer.concat([fixed, ...rest])
  writeU32(record, 0, record.length - RECORD_LENGTH_BYTES)
  return record
}

/** A whole message's first frame. */
export function messageBytes(...records: RawRecord[]): Buffer {
  const preamble = Buffer.alloc(PREAMBLE_BYTES)
  writePreamble(preamble)
  return Buffer.concat([preamble, ...records.map(recordBytes)])
}

/** A hello that the manager accepts from an application; `more` changes it. */
export const hostHello = (link: 'inference' | 'management', secret: Uint8Array, more: object = {}): Uint8Array =>
  encodeMsgpack({
    protocol: [PROTOCOL_MAJOR, PROTOCOL_MINOR],
    role: 'host',
    link,
    nonce: new Uint8Array(8),
    session_secret: secret,
    host: 'hostile',
    pid: 1,
    ...more,
  })

/** What is left of a record that was received. */
export interface HeardRecord {
  kind: number
  request: number
  header: Buffer
  /** Empty when it came in frames of its own. */
  body: Buffer
}

/** A bare DEALER socket that says whatever it likes, and remembers what it hears. */
export class HostilePeer implements AsyncDisposable {
  readonly heard: HeardRecord[] = []
  private readonly socket = new Dealer({ linger: 0, sendTimeout: 2_000 })
  private readonly loop: Promise<void>

  constructor(endpoint: string) {
    this.socket.connect(endpoint)
    this.loop = this.listen()
  }

  send(...frames: Uint8Array[]): Promise<void> {
    return this.socket.send(frames as Buffer[])
  }

  /** Wait for a record of this kind (and request number). */
  hears(kind: RecordKind, request?: number): Promise<HeardRecord> {
    return eventually(`a record of kind ${kind}`, () =>
      this.heard.find((record) => record.kind === kind && (request === undefined || record.request === request)),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close()
    await this.loop
  }

  private async listen(): Promise<void> {
    try {
      for await (const [frame] of this.socket) if (frame) this.note(frame)
    } catch {
      // Closed while it waited.
    }
  }

  private note(frame: Buffer): void {
    const envelope = createEnvelope()
    for (let at = PREAMBLE_BYTES; at < frame.length; ) {
      const end = at + RECORD_LENGTH_BYTES + frame.readUInt32BE(at)
      const nameAt = readEnvelope(frame, at + RECORD_LENGTH_BYTES, end, envelope)
      const headerAt = nameAt + envelope.nameLength
      this.heard.push({
        kind: envelope.kind,
        request: envelope.request,
        header: Buffer.from(frame.subarray(headerAt, headerAt + envelope.headerLength)),
        body: Buffer.from(frame.subarray(headerAt + envelope.headerLength, end)),
      })
      at = end
    }
  }
}
