import { createEnvelope, MAX_BATCH_BYTES, RecordKind } from '@aicluster/protocol'
import { Router } from 'zeromq'
import { AckTimer } from './ack-timer'
import type { CurveServerKeys } from './curve-keys'
import { staysOnThisMachine } from './endpoint'
import { turnScheduler } from './flush-scheduler'
import { Inbox } from './inbox'
import { Outbox } from './outbox'
import { type DropReason, type MessageLimits, type RecordHandler, readMessage } from './read-message'
import { receiveEach } from './receive-each'
import { COMMON_OPTIONS, NOTIFY_CONNECT_AND_DISCONNECT, ROUTER_NOTIFY } from './socket-options'

/** One connection to a bound socket. `state` is whatever the owner attaches at hello. */
export class RouterPeer<State> {
  state: State | undefined
  readonly inbox: Inbox
  receivedBytes = 0
  /** Whether something of it was dropped before: logged once. */
  reported = false

  constructor(
    readonly routingId: Uint8Array,
    /** Rises with each connection of the socket. */
    readonly order: number,
    readonly outbox: Outbox,
    private readonly acks: AckTimer,
  ) {
    this.inbox = new Inbox(outbox)
  }

  /**
   * Whether this connection was made before that one. What one peer has said over it may be read after what it says over its next
   * connection: ROUTER takes turns between connections.
   */
  isOlderThan(other: RouterPeer<State> | undefined): boolean {
    return other !== undefined && this.order < other.order
  }

  /** What was missing after a gap is accounted for: it is acknowledged again. */
  accounted(): void {
    this.inbox.resume()
    this.acks.received(this.outbox)
  }
}

/** What a {@link RouterLink} tells its owner. */
export interface RouterHandlers<State> {
  /** A connection stands; nothing is known of the peer before its hello. */
  onConnect?(peer: RouterPeer<State>): void
  /** The connection is gone; nothing more comes from or goes to this peer. */
  onDisconnect(peer: RouterPeer<State>): void
  /** One record; see `RecordHandler`. */
  onRecord(peer: RouterPeer<State>, ...record: Parameters<RecordHandler>): void
  /** A message, or the rest of one, was dropped. `first` is true the first time for this peer. */
  onDrop(peer: RouterPeer<State>, reason: DropReason | 'handler', first: boolean, error?: unknown): void
  /** Link sequences of this peer skipped `missing` records: nothing is acknowledged until {@link RouterPeer.accounted}. */
  onGap?(peer: RouterPeer<State>, missing: number): void
  /** Somebody connected who does not speak CURVE as it is asked for. */
  onHandshakeFailed?(): void
  /** A message is about to be read. */
  beforeMessage?(): void
  /** All of its records have been read. */
  afterMessage?(): void
  /** A message is about to leave. */
  beforeSend?(): void
  /** The peer has everything up to this link sequence: more than it had. */
  onAck?(peer: RouterPeer<State>, sequence: number): void
}

/** An endpoint that was let go is tried at growing intervals, in ms: at first it is taken by what was there before. */
const REOPEN_PAUSE_MS = 10
const REOPEN_MAX_PAUSE_MS = 2_000
/** After so long that is no explanation any more; then it is told, and again in such intervals, in ms. */
const REOPEN_TOLD_AFTER_MS = 1_000
const REOPEN_TOLD_EVERY_MS = 60_000

/** The manager's end of many connections: a bound ROUTER. */
export class RouterLink<State> {
  private socket: Router
  private readonly peers = new Map<string, RouterPeer<State>>()
  private readonly acks = new AckTimer()
  private readonly scratch = createEnvelope()
  private current: RouterPeer<State> | undefined
  private splitBodies = false
  private closed = false
  private loop: Promise<void> | undefined
  private endpoint = ''
  /** So many there have been. */
  private connections = 0
  private reopening: Promise<void> = Promise.resolve()
  /** The one that begins when the current one has ended. */
  private nextReopening: Promise<void> | undefined
  private bound = false
  /** Sends that found no peer any more. */
  unreachable = 0
  /** Records that had come before. */
  repeated = 0

  constructor(
    private readonly handlers: RouterHandlers<State>,
    private readonly limits: MessageLimits,
    private readonly curve?: CurveServerKeys,
  ) {
    this.socket = this.newSocket()
  }

  /** Connections that stand now. */
  get peerCount(): number {
    return this.peers.size
  }

  /** The peers that are connected now. */
  get connected(): Iterable<RouterPeer<State>> {
    return this.peers.values()
  }

  /**
   * Bind, and start to receive.
   * @returns the endpoint, with the port that was chosen where the given one was 0
   * @throws the socket's error, with `code` like `EADDRINUSE`
   */
  async bind(endpoint: string): Promise<string> {
    await this.socket.bind(endpoint)
    this.bound = true
    this.splitBodies = !staysOnThisMachine(endpoint)
    this.loop = this.receive()
    this.endpoint = this.socket.lastEndpoint ?? endpoint
    return this.endpoint
  }

  /** Whether it listens: not while {@link RouterLink.reopen} waits for the endpoint. */
  get isBound(): boolean {
    return this.bound
  }

  /**
   * Cut every connection and listen again, on the same endpoint: who may still come comes back by itself, for a connection that stands
   * is not asked for its key again. One at a time; who asks while another is to begin gets that one.
   * @param onWaiting - the endpoint cannot be had (somebody else has taken it): told after a second, then every minute. It is tried for ever
   * @returns when it listens, or was closed
   */
  reopen(onWaiting: (error: Error) => void): Promise<void> {
    this.nextReopening ??= this.reopening.then(() => {
      this.reopening = this.cutAndListen(onWaiting)
      this.nextReopening = undefined
      return this.reopening
    })
    return this.nextReopening
  }

  private async cutAndListen(onWaiting: (error: Error) => void): Promise<void> {
    if (this.closed) return
    this.flush()
    const ended = this.loop
    // Not unbind: libzmq 4.3.5 aborts the process now and then when it cuts connections that stand.
    const old = this.socket
    this.bound = false
    this.socket = this.newSocket()
    old.close()
    await ended
    for (const [key, peer] of this.peers) this.forget(key, peer)
    await this.bindAgain(onWaiting)
    if (this.bound) this.loop = this.receive()
  }

  private async bindAgain(onWaiting: (error: Error) => void): Promise<void> {
    let tellAt = performance.now() + REOPEN_TOLD_AFTER_MS
    for (let pauseMs = REOPEN_PAUSE_MS; !this.closed; pauseMs = Math.min(2 * pauseMs, REOPEN_MAX_PAUSE_MS)) {
      try {
        await this.socket.bind(this.endpoint)
        this.bound = true
        return
      } catch (error) {
        // libzmq closes the old listener behind our back, a moment later.
        if (!this.closed && performance.now() >= tellAt) {
          onWaiting(error as Error)
          tellAt = performance.now() + REOPEN_TOLD_EVERY_MS
        }
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs).unref())
    }
  }

  /** What waits for the end of the turn leaves now, to every peer. */
  flush(): void {
    for (const peer of this.peers.values()) peer.outbox.flush()
  }

  /** Close the socket and every connection of it. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.acks.stop()
    this.flush()
    this.socket.close()
    await this.loop
  }

  private newSocket(): Router {
    const { limits, curve } = this
    const socket = new Router({
      ...COMMON_OPTIONS,
      ...(curve ? { curveServer: true, curveSecretKey: curve.secretKey, zapDomain: curve.domain } : {}),
      mandatory: true,
      maxMessageSize: Math.max(limits.maxBodyBytes, limits.maxHeaderBytes) + 2 * MAX_BATCH_BYTES,
    })
    const draft = socket as unknown as { setInt32Option?: (option: number, value: number) => void }
    draft.setInt32Option?.(ROUTER_NOTIFY, NOTIFY_CONNECT_AND_DISCONNECT)
    // A key that nobody knows is the ZAP handler's to report.
    if (curve) socket.events.on('handshake:error:protocol', () => this.handlers.onHandshakeFailed?.())
    return socket
  }

  private receive(): Promise<void> {
    const { socket } = this
    const isCurrent = () => socket === this.socket
    return receiveEach(
      socket,
      () => this.closed || !isCurrent(),
      (frames) => {
        // What a socket that was cut off still had is of connections that do not count any more.
        if (isCurrent()) this.take(frames)
      },
    )
  }

  private take(frames: Uint8Array[]): void {
    const routingId = frames[0] as Buffer
    const key = routingId.toString('latin1')
    let peer = this.peers.get(key)
    if (frames.length === 2 && (frames[1] as Uint8Array).length === 0) {
      if (peer) this.forget(key, peer)
      else this.admit(key, routingId)
      return
    }
    peer ??= this.admit(key, routingId)
    for (let i = 1; i < frames.length; i++) peer.receivedBytes += (frames[i] as Uint8Array).length
    this.current = peer
    this.handlers.beforeMessage?.()
    let dropped: DropReason | 'handler' | undefined
    let failure: unknown
    try {
      dropped = readMessage(frames, 1, this.limits, this.scratch, this.onRecord)
    } catch (error) {
      // A handler must not throw; if one does, the loop goes on and says so.
      dropped = 'handler'
      failure = error
    }
    this.handlers.afterMessage?.()
    if (dropped) this.drop(peer, dropped, failure)
  }

  /** Count and report something of `peer` that is ignored. */
  drop(peer: RouterPeer<State>, reason: DropReason | 'handler', error?: unknown): void {
    const first = !peer.reported
    peer.reported = true
    this.handlers.onDrop(peer, reason, first, error)
  }

  private readonly onRecord: RecordHandler = (envelope, frame, nameAt, end, bodyFrames) => {
    const peer = this.current as RouterPeer<State>
    const { inbox, outbox } = peer
    // What still comes from an earlier connection of the same socket comes before its hello.
    if (envelope.kind === RecordKind.hello) inbox.restart(envelope.linkSequence)
    else {
      const missing = inbox.take(envelope.linkSequence)
      if (missing < 0) {
        this.repeated++
        return
      }
      if (outbox.window.acknowledged(envelope.ack)) this.handlers.onAck?.(peer, envelope.ack)
      if (missing > 0) this.handlers.onGap?.(peer, missing)
    }
    // An ack needs none: two idle peers would go on for ever.
    if (envelope.kind === RecordKind.ack) return
    this.acks.received(outbox)
    this.handlers.onRecord(peer, envelope, frame, nameAt, end, bodyFrames)
  }

  private admit(key: string, routingId: Buffer): RouterPeer<State> {
    // The received id is a view of a message that would otherwise stay alive as long as the peer.
    const id = Buffer.from(routingId)
    const outbox = new Outbox((frames) => this.transmit([id, ...frames]), turnScheduler, this.splitBodies)
    const peer = new RouterPeer<State>(id, ++this.connections, outbox, this.acks)
    this.peers.set(key, peer)
    this.handlers.onConnect?.(peer)
    return peer
  }

  private forget(key: string, peer: RouterPeer<State>): void {
    this.peers.delete(key)
    peer.outbox.close()
    this.handlers.onDisconnect(peer)
  }

  private transmit(frames: Uint8Array[]): void {
    if (this.closed) return
    this.handlers.beforeSend?.()
    try {
      this.socket.send(frames as Buffer[]).catch(this.onSendError)
    } catch (error) {
      this.onSendError(error)
    }
  }

  private readonly onSendError = (_error: unknown): void => {
    // The peer went between two turns: its disconnect notice is on the way and settles what it held.
    this.unreachable++
  }
}
