import {
  type CurveClientKeys,
  type CurveServerKeys,
  DealerLink,
  type DropReason,
  type HandshakeFailure,
  type MessageLimits,
  RouterLink,
  type RouterPeer,
} from '../src/index'
import { copyOf, type ReceivedRecord } from './received'

export const LIMITS: MessageLimits = { maxBodyBytes: 8 * 1024 * 1024, maxHeaderBytes: 64 * 1024 }

type Peer = RouterPeer<string>

/** A manager's end that writes down whatever happens. */
export class ManagerEnd implements AsyncDisposable {
  readonly records: (ReceivedRecord & { peer: Peer })[] = []
  readonly drops: { peer: Peer; reason: DropReason | 'handler'; first: boolean }[] = []
  readonly connected: Peer[] = []
  readonly gone: Peer[] = []
  readonly gaps: number[] = []
  /** Called with each record, before anything else can happen. */
  onRecord: (record: ReceivedRecord & { peer: Peer }) => void = () => {}
  readonly link: RouterLink<string>
  endpoint = ''
  /** Who did not speak CURVE. */
  strangers = 0

  constructor(limits: MessageLimits = LIMITS, curve?: CurveServerKeys) {
    this.link = new RouterLink<string>(
      {
        onConnect: (peer) => this.connected.push(peer),
        onDisconnect: (peer) => this.gone.push(peer),
        onRecord: (peer, envelope, frame, nameAt, _end, bodyFrames) => {
          const record = { ...copyOf(envelope, frame, nameAt, bodyFrames), peer }
          this.records.push(record)
          this.onRecord(record)
        },
        onDrop: (peer, reason, first) => this.drops.push({ peer, reason, first }),
        onGap: (_peer, missing) => this.gaps.push(missing),
        onHandshakeFailed: () => this.strangers++,
      },
      limits,
      curve,
    )
  }

  static async bind(endpoint: string, limits?: MessageLimits, curve?: CurveServerKeys): Promise<ManagerEnd> {
    const end = new ManagerEnd(limits, curve)
    end.endpoint = await end.link.bind(endpoint)
    return end
  }

  get requests(): number[] {
    return this.records.map(({ request }) => request)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.link.close()
  }
}

/** A peer's end that writes down whatever happens. */
export class PeerEnd implements AsyncDisposable {
  readonly records: ReceivedRecord[] = []
  readonly drops: (DropReason | 'handler')[] = []
  readonly gaps: number[] = []
  readonly failures: HandshakeFailure[] = []
  ups = 0
  downs = 0
  /** Called when a connection stands. */
  onUp: () => void = () => {}
  readonly link: DealerLink

  constructor(endpoint: string, limits: MessageLimits = LIMITS, curve?: CurveClientKeys) {
    this.link = new DealerLink(
      endpoint,
      {
        onUp: () => {
          this.ups++
          this.onUp()
        },
        onDown: () => {
          this.downs++
        },
        onRecord: (envelope, frame, nameAt, _end, bodyFrames) => this.records.push(copyOf(envelope, frame, nameAt, bodyFrames)),
        onDrop: (reason) => this.drops.push(reason),
        onGap: (missing) => this.gaps.push(missing),
        onHandshakeFailed: (failure) => this.failures.push(failure),
      },
      limits,
      { curve },
    )
  }

  get requests(): number[] {
    return this.records.map(({ request }) => request)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.link.close()
  }
}
