import { createEnvelope } from '@aicluster/protocol'
import { AnsweringHalf, type DropOldestQueue, NumberTable, type RetainedEffects, type RouterPeer } from '@aicluster/transport'
import type { DispatchRequest, RequestOwner } from '../dispatch/dispatch-request'
import type { SessionPrincipal } from '../keys/principal'
import type { HostOutcome } from './host-outcome'
import type { PeerState } from './peer-state'
import type { Publication } from './publication'

const out = createEnvelope()

/** One application: it owns its requests, by session and never by pid, through every connection until its session ends. */
export class HostSession implements RequestOwner {
  readonly role = 'host'
  readonly open = new NumberTable<DispatchRequest>()
  waiting = 0
  /** Its inference link, while one stands. */
  inference: RouterPeer<PeerState> | undefined
  /** Its management link, while one stands. */
  management: RouterPeer<PeerState> | undefined
  /** It has had a management link. */
  joined = false
  readonly requests: AnsweringHalf<HostOutcome>
  readonly commands: AnsweringHalf<HostOutcome>
  /** Commands that are being carried out, by number. */
  readonly commandsInProgress = new Set<number>()
  /** When it ends unless it comes back, on the data plane's clock; Infinity while it is connected. */
  endsAtMs = Number.POSITIVE_INFINITY
  /** What sources publish on its way to it; undefined before its first subscription. */
  published: DropOldestQueue<Publication> | undefined
  /** When it got the last of its numbers, on the data plane's clock. */
  grantedAtMs = Number.NEGATIVE_INFINITY
  private readonly blocks: { first: number; end: number }[] = []

  constructor(
    readonly number: number,
    private readonly epoch: number,
    readonly secret: string,
    readonly host: string,
    readonly pid: number,
    readonly reconnectTimeoutMs: number,
    readonly principal: SessionPrincipal,
  ) {
    this.requests = new AnsweringHalf(
      this.effects(() => this.inference),
      { release: 'on-ack' },
    )
    this.commands = new AnsweringHalf(
      this.effects(() => this.management),
      { release: 'on-ack' },
    )
  }

  /** Outcomes that the application has not acknowledged. */
  get retained(): number {
    return this.requests.outcomes.size + this.commands.outcomes.size
  }

  get retainedBytes(): number {
    return this.requests.outcomes.bytes + this.commands.outcomes.bytes
  }

  get blockStarts(): number[] {
    return this.blocks.map(({ first }) => first)
  }

  /** Its last block, if it has used nothing of it. */
  get unusedBlock(): { first: number; count: number } | undefined {
    const last = this.blocks.at(-1)
    if (!last || Math.max(this.requests.highestNumber, this.commands.highestNumber) >= last.first) return undefined
    return { first: last.first, count: last.end - last.first }
  }

  grant(block: { first: number; count: number }, nowMs: number): void {
    this.grantedAtMs = nowMs
    this.blocks.push({ first: block.first, end: block.first + block.count })
    // Numbers rise: of the blocks before the last two none can be in use any more.
    if (this.blocks.length > 3) this.blocks.shift()
  }

  /** Whether this number was given to this session. */
  owns(number: number): boolean {
    for (let i = this.blocks.length - 1; i >= 0; i--) {
      const block = this.blocks[i] as { first: number; end: number }
      if (number >= block.first && number < block.end) return true
    }
    return false
  }

  private effects(link: () => RouterPeer<PeerState> | undefined): RetainedEffects<HostOutcome> {
    return {
      send: (outcome) => this.send(link(), outcome),
      expire: (outcome) => outcome.turnExpired(),
      released: (outcome) => {
        outcome.released = true
        outcome.onReleased?.()
        outcome.container?.delivered(outcome)
      },
    }
  }

  private send(peer: RouterPeer<PeerState> | undefined, outcome: HostOutcome): number {
    if (!peer) return 0
    out.kind = outcome.kind
    out.flags = outcome.flags
    out.attempt = outcome.attempt
    out.part = outcome.part
    out.epoch = this.epoch
    out.session = this.number
    out.request = outcome.number
    out.nameLength = outcome.nameLength
    out.headerLength = outcome.headerLength
    out.bodyLength = outcome.bodyLength
    out.receivedAtMs = outcome.receivedAtMs
    out.sentAtMs = outcome.sentAtMs
    out.answeredAtMs = outcome.answeredAtMs
    peer.outbox.send(out, outcome.tail, undefined, undefined, outcome.bodyFrames)
    return peer.outbox.sequence
  }
}
