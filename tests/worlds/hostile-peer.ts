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
  RecordKind,
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

const NOTHING = new Uint8Array(0)

/** Rises with every record of a test file that has none of its own: whatever comes again with a sequence of before is ignored. */
let lastSequence = 0

/** The bytes of one record, without a message's preamble. */
export function recordBytes(record: RawRecord): Buffer {
  const { kind, name = '', header = NOTHING, body = NOTHING, inFrames, fields } = record
  const lengths = { headerLength: header.length, bodyLength: body.length, nameLength: name.length }
  const linkSequence = fields?.linkSequence ?? ++lastSequence
  const envelope = { ...createEnvelope(kind), ...lengths, ...fields, linkSequence }
  if (inFrames) envelope.flags |= RecordFlag.bodyInFrames
  const fixed = Buffer.alloc(RECORD_LENGTH_BYTES + fixedLength(envelope.flags))
  writeEnvelope(fixed, RECORD_LENGTH_BYTES, envelope)
  const rest = [Buffer.from(name, 'latin1'), header, ...(inFrames ? [] : [body])]
  const bytes = Buffer.concat([fixed, ...rest])
  writeU32(bytes, 0, bytes.length - RECORD_LENGTH_BYTES)
  return bytes
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
  bodyLength: number
}

/**
 * A bare DEALER socket that says whatever it likes, and remembers what it hears.
 *
 * Who only {@link send}s knows no rule at all. Who {@link say}s has link sequences as they should be, and acknowledges what it
 * hears, unless `acknowledges` is false: what is wrong with it is then what the test says.
 */
export class HostilePeer implements AsyncDisposable {
  readonly heard: HeardRecord[] = []
  acknowledges = true
  /** Handshakes that failed. */
  refusals = 0
  private readonly socket: Dealer
  private readonly loop: Promise<void>
  /** Link sequence of its last record, while it has any. */
  private sequence = 0
  /** Link sequence of the last record that it has heard. */
  private received = 0
  private saidGoodbye = false
  private sending: Promise<void> = Promise.resolve()

  /** @param curve - keys to show, where the manager asks for some */
  constructor(endpoint: string, curve?: { server_key: string; public_key: string; secret_key: string }) {
    const keys = curve && { curveServerKey: curve.server_key, curvePublicKey: curve.public_key, curveSecretKey: curve.secret_key }
    this.socket = new Dealer({ linger: 0, sendTimeout: 2_000, ...keys })
    for (const kind of ['auth', 'protocol', 'other'] as const) this.socket.events.on(`handshake:error:${kind}`, () => this.refusals++)
    this.socket.connect(endpoint)
    this.loop = this.listen()
  }

  /** Send a message of these frames, whatever they are. */
  send(...frames: Uint8Array[]): Promise<void> {
    this.sending = this.sending.then(() => this.socket.send(frames as Buffer[]))
    return this.sending
  }

  /** Send these records in one message, with sequence and ack as the rules want them. */
  say(...records: RawRecord[]): Promise<void> {
    if (records.some(({ kind }) => kind === RecordKind.goodbye)) this.saidGoodbye = true
    return this.send(messageBytes(...records.map((record) => this.inOrder(record))))
  }

  /** Say one record whose body follows in a frame of its own. */
  sayWithBody(record: RawRecord, body: Uint8Array): Promise<void> {
    return this.send(messageBytes({ ...this.inOrder(record), body, inFrames: true }), body)
  }

  /** Go on as if so many records had been sent, and got lost. */
  lose(records: number): void {
    this.sequence += records
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

  private inOrder(record: RawRecord): RawRecord {
    const ack = this.acknowledges ? this.received : 0
    return { ...record, fields: { linkSequence: ++this.sequence, ack, ...record.fields } }
  }

  private async listen(): Promise<void> {
    try {
      for await (const [frame] of this.socket) {
        if (!frame) continue
        const demandsAck = this.note(frame)
        // Who only sends bytes has no sequence to go on from, and after goodbye nothing may be said.
        if (demandsAck && this.acknowledges && this.sequence > 0 && !this.saidGoodbye) await this.say({ kind: RecordKind.ack })
      }
    } catch {
      // Closed while it waited.
    }
  }

  /** @returns whether there is something in it that has to be acknowledged */
  private note(frame: Buffer): boolean {
    let demandsAck = false
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
        bodyLength: envelope.bodyLength,
      })
      this.received = envelope.linkSequence
      demandsAck ||= envelope.kind !== RecordKind.ack
      at = end
    }
    return demandsAck
  }
}
