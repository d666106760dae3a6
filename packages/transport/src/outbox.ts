import {
  BODY_FRAME_BYTES,
  type Envelope,
  fixedLength,
  MAX_BATCH_BYTES,
  PREAMBLE_BYTES,
  RECORD_LENGTH_BYTES,
  RecordFlag,
  RecordKind,
  writeEnvelope,
  writePreamble,
  writeU32,
} from '@aicluster/protocol'
import { ridesInline } from './body'
import type { FlushScheduler } from './flush-scheduler'
import { SendWindow } from './send-window'

const FIRST_BATCH_BYTES = 1024

/** Hands one complete ZeroMQ message to a socket. */
export type Transmit = (frames: Uint8Array[]) => void

/**
 * Records on their way to one peer.
 *
 * The first record of a turn of the event loop leaves at once, so that a lone request pays nothing; those that follow in
 * the same turn leave together as one message. A large body goes in frames of its own, after everything before it.
 */
export class Outbox {
  /** Link sequence of the last record. */
  sequence: number
  /** Highest link sequence received from the peer: acknowledged with every record. */
  received = 0
  /** The ack that the last record carried. */
  acknowledged = 0
  /** What the peer has not acknowledged yet. */
  readonly window: SendWindow
  /** Bytes handed to the socket since the connection stands. */
  sentBytes = 0
  /** The last record that the peer has to acknowledge: acks and pongs would go on for ever. */
  private demanded = 0
  private batch: Uint8Array | undefined
  private used = 0
  private batchSize = FIRST_BATCH_BYTES
  private sentThisTurn = false
  private closed = false

  /**
   * @param splitBodies - cut bodies into frames of at most 256 KB, as everything that leaves this machine must be
   * @param before - link sequence before the first; higher than any of an earlier connection of the same socket
   */
  constructor(
    private readonly transmit: Transmit,
    private readonly scheduler: FlushScheduler,
    private readonly splitBodies: boolean,
    before = 0,
  ) {
    this.sequence = before
    this.window = new SendWindow(before)
  }

  /**
   * Send one record. Name, header and inline body may come as up to three pieces, in order; they are copied.
   * `bodyFrames` are not: do not touch their bytes until the message is on its way.
   * The envelope's lengths must already be right; link sequence and ack are filled in here.
   */
  send(envelope: Envelope, first?: Uint8Array, second?: Uint8Array, third?: Uint8Array, bodyFrames?: Uint8Array[]): void {
    if (this.closed) return
    envelope.linkSequence = ++this.sequence
    if (envelope.kind !== RecordKind.ack && envelope.kind !== RecordKind.pong) this.demanded = this.sequence
    envelope.ack = this.acknowledged = this.received
    if (bodyFrames) envelope.flags |= RecordFlag.bodyInFrames
    else envelope.flags &= ~RecordFlag.bodyInFrames
    const length = fixedLength(envelope.flags) + (first ? first.length : 0) + (second ? second.length : 0) + (third ? third.length : 0)
    const size = RECORD_LENGTH_BYTES + length
    this.window.sent(bodyFrames ? size + envelope.bodyLength : size)
    if (bodyFrames) {
      this.flush()
      this.transmitAlone(envelope, length, first, second, third, bodyFrames)
    } else if (!this.sentThisTurn && !this.scheduler.gathering) {
      this.transmitAlone(envelope, length, first, second, third)
    } else {
      const at = this.reserve(size)
      this.write(this.batch as Uint8Array, at, length, envelope, first, second, third)
    }
    if (!this.sentThisTurn) {
      this.sentThisTurn = true
      this.scheduler.schedule(this)
    }
  }

  /** Send one record whose body is one piece: inline where it is small, else in a frame of its own, which is not copied. */
  sendBody(envelope: Envelope, name: Uint8Array | undefined, header: Uint8Array | undefined, body: Uint8Array | undefined): void {
    if (body === undefined || ridesInline(body.length)) this.send(envelope, name, header, body)
    else this.send(envelope, name, header, undefined, [body])
  }

  /** Something that the peer has to acknowledge is not acknowledged yet: it may be lost. */
  get awaitsAck(): boolean {
    return this.window.acknowledgedSequence < this.demanded
  }

  /** What is waiting leaves now. */
  flush(): void {
    if (this.used === 0) return
    const message = (this.batch as Uint8Array).subarray(0, this.used)
    // Next time start with what this turn needed: growing means copying.
    this.batchSize = Math.min(MAX_BATCH_BYTES, Math.max(FIRST_BATCH_BYTES, this.used * 2))
    this.batch = undefined
    this.used = 0
    this.hand([message])
  }

  /** Called by the scheduler when the turn is over. */
  endTurn(): void {
    this.flush()
    this.sentThisTurn = false
  }

  /** Drop what is waiting and everything that is still to come. */
  close(): void {
    this.closed = true
    this.batch = undefined
    this.used = 0
  }

  private transmitAlone(
    envelope: Envelope,
    length: number,
    first: Uint8Array | undefined,
    second: Uint8Array | undefined,
    third: Uint8Array | undefined,
    bodyFrames?: Uint8Array[],
  ): void {
    const frame = Buffer.allocUnsafe(PREAMBLE_BYTES + RECORD_LENGTH_BYTES + length)
    writePreamble(frame)
    this.write(frame, PREAMBLE_BYTES, length, envelope, first, second, third)
    this.hand(bodyFrames ? [frame, ...(this.splitBodies ? splitFrames(bodyFrames) : bodyFrames)] : [frame])
  }

  private write(
    into: Uint8Array,
    at: number,
    length: number,
    envelope: Envelope,
    first: Uint8Array | undefined,
    second: Uint8Array | undefined,
    third: Uint8Array | undefined,
  ): void {
    writeU32(into, at, length)
    let next = writeEnvelope(into, at + RECORD_LENGTH_BYTES, envelope)
    if (first) {
      into.set(first, next)
      next += first.length
    }
    if (second) {
      into.set(second, next)
      next += second.length
    }
    if (third) into.set(third, next)
  }

  /** Room for `size` more bytes in the batch; what is in it leaves first when it would grow too large. */
  private reserve(size: number): number {
    if (this.used > 0 && this.used + size > MAX_BATCH_BYTES) this.flush()
    if (this.batch === undefined) {
      this.batch = Buffer.allocUnsafe(Math.max(this.batchSize, PREAMBLE_BYTES + size))
      writePreamble(this.batch)
      this.used = PREAMBLE_BYTES
    } else if (this.used + size > this.batch.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.batch.length * 2, this.used + size))
      larger.set(this.batch.subarray(0, this.used))
      this.batch = larger
    }
    const at = this.used
    this.used += size
    return at
  }

  private hand(frames: Uint8Array[]): void {
    for (const frame of frames) this.sentBytes += frame.length
    this.transmit(frames)
  }
}

function splitFrames(frames: Uint8Array[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (const frame of frames) {
    if (frame.length <= BODY_FRAME_BYTES) pieces.push(frame)
    else for (let at = 0; at < frame.length; at += BODY_FRAME_BYTES) pieces.push(frame.subarray(at, at + BODY_FRAME_BYTES))
  }
  return pieces
}
