import { createEnvelope, type Envelope, MAX_BATCH_BYTES, RecordKind } from '@aicluster/protocol'
import { Router } from 'zeromq'
import { AckTimer } from './ack-timer'
import type { CurveServerKeys } from './curve-keys'
import { staysOnThisMachine } from './endpoint'
import { turnScheduler } from './flush-scheduler'
import { Inbox } from './inbox'
import { Outbox } from './outbox'
import { type DropReason, type MessageLimits, readMessage } from './read-message'
import { COMMON_OPTIONS, NOTIFY_CONNECT_AND_DISCONNECT, ROUTER_NOTIFY } from './socket-options'

/** One connection to a bound socket. `state` is whatever the owner attaches at hello. */
export class RouterPeer<State> {
  state: State | undefined
  readonly inbox: Inbox
  readonly connectedAtMs = performance.now()
  receivedBytes = 0
  /** Whether something of it was dropped before: logged once. */
  reported = false

  constructor(
    readonly routingId: Uint8Array,
    readonly outbox: Outbox,
    private readonly acks: AckTimer,
  ) {
    this.inbox = new Inbox(outbox)
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
  onRecord(
    peer: RouterPeer<State>,
    envelope: Envelope,
    frame: Uint8Array,
    nameAt: number,
    end: number,
    bodyFrames: Uint8Array[] | undefined,
  ): void
  /** A message, or the rest of one, was dropped. `first` is true the first time for this peer. */
  onDrop(peer: RouterPeer<State>, reason: DropReason | 'handler', first: boolean, error?: unknown): void
  /** Link sequences of this peer skipped `missing` records: nothing is acknowledged until {@link RouterPeer.accounted}. */
  onGap?(peer: RouterPeer<State>, missing: number): void
  /** A message is about to be read, and has been read. */
  beforeMessage?(): void
  afterMessage?(): void
