import { NumberTable } from '@aicluster/transport'
import type { DispatchRequest } from './dispatch-request'
import type { Subscription } from './subscription'

/** A connected container as the dispatcher sees it: what it serves, what it holds, and so how much more it may get. */
export class ContainerSlot {
  /** Everything it holds, by request number. Its credits follow from this table and are never counted apart. */
  readonly inFlight = new NumberTable<DispatchRequest>()
  /** Inference names it serves, registered or not (yet), and whether their distribution to it is off. */
  readonly serves = new Map<string, { paused: boolean }>()
  /** The same for those that are registered. */
  readonly subscriptions: Subscription[] = []
  /** It said that it takes requests, and not that it takes no more. */
  accepting = false
  /** It gets nothing, whatever it says: it is not registered yet, or about to be stopped. */
  held = false
  /** Requests it has answered. */
  answered = 0

  constructor(
    readonly instance: string,
    readonly suffixName: string,
    readonly board: string,
    readonly maxSendNum: number,
  ) {}

  /** Credits that are free; 0 while it takes, or shall get, nothing, and where a restart found it with more in hand than it may get. */
  get free(): number {
    return this.accepting && !this.held ? Math.max(0, this.maxSendNum - this.inFlight.size) : 0
  }
}
