import { createEnvelope, type Envelope, RecordKind } from '@aicluster/protocol'
import { type Context, Dealer } from 'zeromq'
import { AckTimer } from './ack-timer'
import type { CurveClientKeys } from './curve-keys'
import { staysOnThisMachine } from './endpoint'
import { turnScheduler } from './flush-scheduler'
import type { HandshakeFailure } from './handshake-failure'
import { Inbox } from './inbox'
import { Outbox } from './outbox'
import { type DropReason, type MessageLimits, type RecordHandler, readMessage } from './read-message'
import { receiveEach } from './receive-each'
import { DEALER_OPTIONS } from './socket-options'
import { uninterrupted } from './uninterrupted'

/** More than one connection can count; of 2^48 there are enough for as many connections as a process will see. */
const SEQUENCES_PER_CONNECTION = 2 ** 30

/** libzmq never connects again by itself after a refusal, though its reason may pass: we do, after so many ms. */
const REDIAL_AFTER_MS = 1_000

/** Where a {@link DealerLink} lives, and what it shows. */
export interface DealerOptions {
  context?: Context | undefined
  /** Encrypt, and let in by this key. */
  curve?: CurveClientKeys | undefined
}

/** What a {@link DealerLink} tells its owner. */
export interface DealerHandlers {
  /** A connection stands: say hello. Called again after every reconnection. */
  onUp(): void
  /** The connection is gone. ZeroMQ connects again by itself. */
  onDown(): void
  onRecord: RecordHandler
  /** The other end was reached, and the handshake failed. It is tried again, for ever. */
  onHandshakeFailed?(failure: HandshakeFailure): void
  /** A message, or the rest of one, was dropped: malformed, too large, or the handler threw. */
  onDrop?(reason: DropReason | 'handler', error?: unknown): void
  /** Link sequences from the manager skipped `missing` records: nothing is acknowledged until {@link DealerLink.accounted}. */
  onGap?(missing: number): void
  /** The manager has everything up to this link sequence: more than it had. */
  onAck?(sequence: number): void
}

/** One connection to the manager that comes back by itself. */
export class DealerLink {
  private readonly socket: Dealer
  private readonly acks = new AckTimer()
  private readonly scratch = createEnvelope()
  private readonly splitBodies: boolean
  private connections = 0
  private outbox: Outbox
  private inbox: Inbox
  private up = false
  /** The manager has answered hello on the connection that stands: its sequences count from there. */
  private greeted = false
  private closed = false
  private loop: Promise<void> | undefined
  private redialling: NodeJS.Timeout | undefined

  constructor(
    private readonly endpoint: string,
    private readonly handlers: DealerHandlers,
    /** Raised to what the manager announces at hello. */
    readonly limits: MessageLimits,
    { context, curve }: DealerOptions = {},
  ) {
    this.socket = new Dealer({ ...DEALER_OPTIONS, ...(context ? { context } : {}), ...(curve ? clientOptions(curve) : {}) })
    this.splitBodies = !staysOnThisMachine(endpoint)
    this.outbox = this.newOutbox()
    this.inbox = new Inbox(this.outbox)
  }

  /** Whether a connection stands. */
  get isUp(): boolean {
    return this.up
  }

  /** Bytes sent over the connection that stands now. */
  get sentBytes(): number {
    return this.outbox.sentBytes
  }

  /** Bytes that the manager has not acknowledged yet. */
  get unackedBytes(): number {
    return this.outbox.window.unackedBytes
  }

  /** Start to connect; returns at once. `onUp` tells when a connection stands. */
  connect(): void {
    this.socket.events.on('handshake', this.onHandshake)
    this.socket.events.on('disconnect', this.onDisconnect)
    // 500 is a manager in trouble: that says nothing of the key.
    this.socket.events.on('handshake:error:auth', ({ error }) =>
      this.onHandshakeFailed(error.status === 400 ? 'key-refused' : 'not-decided'),
    )
    this.socket.events.on('handshake:error:protocol', () => this.onHandshakeFailed('encryption-differs'))
    this.socket.events.on('handshake:error:other', () => this.onHandshakeFailed('broken-off'))
    uninterrupted(() => this.socket.connect(this.endpoint))
    this.loop = receiveEach(
      this.socket,
      () => this.closed,
      (frames) => this.take(frames),
    )
  }

  /** Send one record; see {@link Outbox.send}. Without a connection it is dropped: ask `isUp` first. Returns its link sequence. */
  send(envelope: Envelope, first?: Uint8Array, second?: Uint8Array, third?: Uint8Array, bodyFrames?: Uint8Array[]): number {
    this.outbox.send(envelope, first, second, third, bodyFrames)
    return this.outbox.sequence
  }

  /** Send one record whose body is one piece; see {@link Outbox.sendBody}. Returns its link sequence. */
  sendBody(envelope: Envelope, name: Uint8Array | undefined, header: Uint8Array | undefined, body: Uint8Array | undefined): number {
    this.outbox.sendBody(envelope, name, header, body)
    return this.outbox.sequence
  }

  /** What was missing after a gap is accounted for: it is acknowledged again. */
  accounted(): void {
    this.inbox.resume()
    this.acks.received(this.outbox)
  }

  /** Something that the manager has to acknowledge is not acknowledged yet: it may be lost. */
  get awaitsAck(): boolean {
    return this.outbox.awaitsAck
  }

  /** Send what is buffered, as far as the connection takes it at once, and close the socket. */
  async close(): Promise<void> {
    if (this.closed) return
    this.outbox.flush()
    this.acks.stop()
    clearTimeout(this.redialling)
    this.closed = true
    this.up = false
    this.socket.close()
    await this.loop
  }

  private readonly onHandshake = (): void => {
    if (this.closed) return
    // Without a disconnect in between (the monitor may merge them) the old connection is gone all the same.
    if (this.up) this.onDisconnect()
    // What was said before this connection stood must not leave over it, ahead of what `onUp` says.
    this.outbox.close()
    this.outbox = this.newOutbox()
    this.connections++
    this.inbox = new Inbox(this.outbox)
    this.greeted = false
    this.up = true
    // Being asked, libzmq takes note of the connection. Otherwise the first send after one that found nobody may fail too: the hello.
    Reflect.get(this.socket, 'writable')
    this.handlers.onUp()
  }

  private readonly onDisconnect = (): void => {
    if (this.closed || !this.up) return
    this.up = false
    this.outbox.close()
    this.handlers.onDown()
  }

  private onHandshakeFailed(failure: HandshakeFailure): void {
    if (this.closed) return
    // Only what broke off without a word is tried again by libzmq.
    if (failure !== 'broken-off') this.redialling ??= setTimeout(() => this.redial(), REDIAL_AFTER_MS).unref()
    this.handlers.onHandshakeFailed?.(failure)
  }

  private redial(): void {
    this.redialling = undefined
    if (this.closed || this.up) return
    try {
      this.socket.disconnect(this.endpoint)
    } catch {
      // Given up by libzmq already.
    }
    uninterrupted(() => this.socket.connect(this.endpoint))
  }

  private newOutbox(): Outbox {
    // What was on its way to a connection before must not pass for a record of this one.
    return new Outbox((frames) => this.transmit(frames), turnScheduler, this.splitBodies, this.connections * SEQUENCES_PER_CONNECTION)
  }

  private transmit(frames: Uint8Array[]): void {
    if (this.closed || !this.up) return
    try {
      this.socket.send(frames as Buffer[]).catch(ignore)
    } catch {
      // Nobody is there: the disconnect event follows and ends what was open.
    }
  }

  private take(frames: Uint8Array[]): void {
    let dropped: DropReason | 'handler' | undefined
    let failure: unknown
    try {
      dropped = readMessage(frames, 0, this.limits, this.scratch, this.onRecord)
    } catch (error) {
      dropped = 'handler'
      failure = error
    }
    if (dropped) this.handlers.onDrop?.(dropped, failure)
  }

  private readonly onRecord: RecordHandler = (envelope, frame, nameAt, end, bodyFrames) => {
    if (!this.greeted && (envelope.kind === RecordKind.welcome || envelope.kind === RecordKind.refused)) {
      this.greeted = true
      this.inbox.restart(envelope.linkSequence - 1)
    }
    const missing = this.inbox.take(envelope.linkSequence)
    if (missing < 0) return
    if (this.outbox.window.acknowledged(envelope.ack)) this.handlers.onAck?.(envelope.ack)
    if (missing > 0) this.handlers.onGap?.(missing)
    if (envelope.kind === RecordKind.ack) return
    this.acks.received(this.outbox)
    this.handlers.onRecord(envelope, frame, nameAt, end, bodyFrames)
  }
}

const clientOptions = ({ serverKey, publicKey, secretKey }: CurveClientKeys) => ({
  curveServerKey: serverKey,
  curvePublicKey: publicKey,
  curveSecretKey: secretKey,
})

const ignore = (): void => {}
