import type { NumberTable } from '@aicluster/transport'
import type { ContainerSlot } from './container-slot'
import type { DeadlineEntry } from './deadline-wheel'
import type { InferenceQueue } from './inference-queue'
import type { StreamWindow } from './stream-window'

/** Whoever sent a request and gets its outcome. */
export interface RequestOwner {
  /** Its requests that have no outcome yet, by number. */
  readonly open: NumberTable<DispatchRequest>
  /** How many of them wait in a queue. Kept by {@link InferenceQueue}; 0 at first. */
  waiting: number
}

/**
 * - `queued`: waits for a credit
 * - `sent`: a container holds it; its data is kept only if it may be redelivered
 * - `taken`: a container still holds it; the container is a sink and its program has it: that was the outcome
 * - `abandoned`: a container still holds it, but it has its outcome (or nobody wants one any more)
 * - `done`: nowhere any more
 */
export type RequestState = 'queued' | 'sent' | 'taken' | 'abandoned' | 'done'

/** One accepted request, from its arrival until no container holds it any more. */
export class DispatchRequest implements DeadlineEntry {
  state: RequestState = 'done'
  /** Name, header and inline body, as they came. */
  tail: Uint8Array | undefined
  bodyFrames: Uint8Array[] | undefined
  nameLength = 0
  headerLength = 0
  bodyLength = 0
  priority = 0
  /** How many containers may have begun with it before: 0, or 1 once it is redelivered. Preset when its owner sends it again after a restart. */
  attempt = 0
  /** The application's own limit for the whole, in ms from arrival; 0 none. */
  ownLimitMs = 0

  /** Place among all arrivals: what came first is handed out first. */
  order = 0
  arrivedAtMs = 0
  /** When a container was sent it, the last one if it was handed out again; 0 not yet. */
  sentAtMs = 0
  /** When the container reported that it runs; 0 not yet. */
  startedAtMs = 0
  container: ContainerSlot | undefined
  /** Its sender reads the answer in parts. */
  stream: StreamWindow | undefined

  previous: DispatchRequest | undefined
  next: DispatchRequest | undefined

  deadlineMs = Number.POSITIVE_INFINITY
  wheelSlot = -1
  wheelPrevious: DeadlineEntry | undefined
  wheelNext: DeadlineEntry | undefined

  constructor(
    readonly number: number,
    readonly owner: RequestOwner,
    readonly queue: InferenceQueue,
  ) {}

  /** Bytes it keeps in memory. */
  get bytes(): number {
    return this.bodyLength + this.headerLength
  }

  get hasData(): boolean {
    return this.tail !== undefined
  }

  /** Let go of the data: a container has it, or nobody needs it. */
  dropData(): void {
    this.tail = undefined
    this.bodyFrames = undefined
  }
}
