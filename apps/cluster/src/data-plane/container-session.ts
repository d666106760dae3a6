import { createEnvelope, encodeMsgpack, encodeNumbers, RecordKind } from '@aicluster/protocol'
import { AskingHalf, type RouterPeer } from '@aicluster/transport'
import { ContainerSlot } from '../dispatch/container-slot'
import type { ExpectedContainer } from './control-messages'
import type { HostOutcome } from './host-outcome'
import type { PeerState } from './peer-state'
import type { ContainerSnapshot } from './snapshot'

/** So many answers, or bytes of them, that may be forgotten are told at once; fewer within {@link SETTLE_DELAY_MS}. */
const SETTLE_COUNT = 64
const SETTLE_BYTES = 512 * 1024
/** In ms. */
const SETTLE_DELAY_MS = 50
const NOTHING: readonly number[] = []

const out = createEnvelope()

/** One life of a container's program on its two links. Connected when both stand; gone when either goes. */
export class ContainerSession extends ContainerSlot {
  readonly role = 'container'
  /** Receives requests; the seed's sub_port. */
  requests: RouterPeer<PeerState> | undefined
  /** Sends answers; the seed's pub_port. */
  answers: RouterPeer<PeerState> | undefined
  connected = false
  /** What it said at hello that it holds from before, and from which epoch. */
  before: { epoch: number; inHand: readonly number[]; answered: readonly number[] } = { epoch: 0, inHand: NOTHING, answered: NOTHING }
  /** What it holds, or has answered, from before, and no application has asked for again yet. */
  readonly claims = new Map<number, 'in hand' | 'taken' | 'answered'>()
  /** Outcomes of what its program, a sink, has taken and is not done with, by request number. */
  readonly taken = new Map<number, HostOutcome>()
  readonly asking: AskingHalf
  /** Its answers that are on their way to applications: it keeps them. */
  private unsettled = 0
  private settled: number[] = []
  private settledBytes = 0
  private settleTimer: NodeJS.Timeout | undefined

  constructor(
    readonly number: number,
    private readonly epoch: number,
    readonly expected: ExpectedContainer,
    /** Tells a restarted program from a reconnected one, in hex. */
    readonly nonce: string,
    /** It never received this request, which it should hold. */
    onLost: (container: ContainerSession, number: number) => void,
    /** Numbers of its answers that are on their way to applications. */
    private readonly onTheWay: () => number[],
  ) {
    super(expected.instance, expected.suffixName, expected.board, expected.maxSendNum)
    this.asking = new AskingHalf(
      {
        open: () => this.inFlight.keys(),
        reconcile: (round, numbers) => this.sendNumbers(RecordKind.reconcile, numbers, round, this.keptAnswers()),
        resend: (number) => onLost(this, number),
        accounted: () => this.answers?.accounted(),
      },
      false,
    )
  }

  /** Whether something is between it and the manager that a lost record would leave hanging. */
  get outstanding(): boolean {
    return this.inFlight.size > 0 || this.unsettled > 0
  }

  get unsettledCount(): number {
    return this.unsettled
  }

  /** Take note of its subscription; no names: the container's own. */
  serve(names: readonly string[]): void {
    const served = names.length > 0 ? names : this.expected.names.slice(0, 1)
    for (const name of served) this.serves.set(name, { paused: this.expected.paused.includes(name) })
  }

  /**
   * Its program is done with what it had taken, or never will be.
   * @returns whether the application has still to acknowledge that outcome: until then the container keeps its answer
   */
  endTaken(number: number): boolean {
    const outcome = this.taken.get(number)
    if (!outcome) return false
    this.taken.delete(number)
    if (outcome.released) return false
    outcome.container = this
    this.delivering()
    return true
  }

  /** Its answer is on its way to the application. */
  delivering(): void {
    this.unsettled++
  }

  /** The application has acknowledged the outcome, or is gone. */
  delivered({ number, bytes }: HostOutcome): void {
    if (!this.connected) return
    this.unsettled--
    this.settle(number, bytes)
  }

  /** The container may forget its answer of so many bytes. */
  settle(number: number, bytes: number): void {
    if (!this.connected) return
    this.settled.push(number)
    this.settledBytes += bytes
    if (this.settled.length >= SETTLE_COUNT || this.settledBytes >= SETTLE_BYTES) this.tellSettled()
    else this.settleTimer ??= setTimeout(this.tellSettled, SETTLE_DELAY_MS)
  }

  /** The container is gone, or this life of it. */
  end(): void {
    this.connected = false
    this.asking.down()
    this.unsettled = 0
    this.taken.clear()
    this.settled = []
    this.settledBytes = 0
    clearTimeout(this.settleTimer)
    this.settleTimer = undefined
  }

  snapshot(): ContainerSnapshot {
    const links = [this.requests, this.answers].flatMap((peer) => (peer ? [peer] : []))
    return {
      instance: this.instance,
      suffixName: this.suffixName,
      board: this.board,
      connected: this.connected,
      accepting: this.accepting,
      free: this.free,
      inFlight: this.inFlight.size,
      maxSendNum: this.maxSendNum,
      answered: this.answered,
      sentBytes: links.reduce((bytes, peer) => bytes + peer.receivedBytes, 0),
      receivedBytes: links.reduce((bytes, peer) => bytes + peer.outbox.sentBytes, 0),
    }
  }

  private keptAnswers(): number[] {
    const claimed = [...this.claims].filter(([, state]) => state === 'answered').map(([number]) => number)
    return [...this.onTheWay(), ...claimed]
  }

  private readonly tellSettled = (): void => {
    clearTimeout(this.settleTimer)
    this.settleTimer = undefined
    if (this.settled.length > 0) this.sendNumbers(RecordKind.settled, this.settled, 0, NOTHING)
    this.settled = []
    this.settledBytes = 0
  }

  private sendNumbers(kind: RecordKind, numbers: readonly number[], round: number, keep: readonly number[]): void {
    const body = encodeNumbers(numbers)
    const header = keep.length > 0 ? encodeMsgpack({ keep: encodeNumbers(keep) }) : undefined
    out.kind = kind
    out.flags = 0
    out.epoch = this.epoch
    out.session = this.number
    out.request = round
    out.headerLength = header?.length ?? 0
    out.bodyLength = body.length
    this.requests?.outbox.sendBody(out, undefined, header, body)
  }
}
