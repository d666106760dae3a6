import { PUBLISH_WAITING_BYTES, PUBLISH_WAITING_COUNT, PUBLISH_WINDOW_BYTES, RETAINED_OVERHEAD_BYTES } from '@aicluster/protocol'

/** What may be dropped. */
export interface Droppable {
  /** That it holds in memory. */
  readonly bytes: number
  /** It has to wait: it must not keep the whole message alive that it came in. */
  compact?(): void
}

/** When a {@link DropOldestQueue} makes things wait, and when it drops them. */
export interface DropOldestLimits {
  /** Under way without an ack. */
  windowBytes: number
  /** Waiting. */
  waitingBytes: number
  waitingCount: number
}

const DEFAULT_LIMITS: DropOldestLimits = {
  windowBytes: PUBLISH_WINDOW_BYTES,
  waitingBytes: PUBLISH_WAITING_BYTES,
  waitingCount: PUBLISH_WAITING_COUNT,
}

interface Place<Item> {
  item: Item | undefined
  bytes: number
  /** Link sequence that it was sent with. */
  sequence: number
  next: Place<Item> | undefined
}

/** First in, first out; leaves no holes behind. */
class Line<Item> {
  first: Place<Item> | undefined
  private last: Place<Item> | undefined
  count = 0
  bytes = 0

  push(place: Place<Item>): void {
    if (this.last) this.last.next = place
    else this.first = place
    this.last = place
    this.count++
    this.bytes += place.bytes
  }

  shift(): Place<Item> | undefined {
    const place = this.first
    if (!place) return undefined
    this.first = place.next
    if (!this.first) this.last = undefined
    place.next = undefined
    this.count--
    this.bytes -= place.bytes
    return place
  }

  clear(): void {
    this.first = this.last = undefined
    this.count = this.bytes = 0
  }
}

/**
 * What goes to one reader at most once: sent within a window of bytes that the reader has not acknowledged, the rest waits, and of what
 * waits the oldest is dropped where it becomes too much. Whoever adds never waits.
 */
export class DropOldestQueue<Item extends Droppable> {
  private readonly sent = new Line<Item>()
  private readonly waiting = new Line<Item>()

  /**
   * @param send - returns the link sequence that it left with
   * @param onDropped - so many will never be sent
   */
  constructor(
    private readonly send: (item: Item) => number,
    private readonly onDropped: (count: number) => void,
    private readonly limits: DropOldestLimits = DEFAULT_LIMITS,
  ) {}

  /** Things that wait. */
  get waitingCount(): number {
    return this.waiting.count
  }

  /** With what each counts for beside its own bytes. */
  get waitingBytes(): number {
    return this.waiting.bytes
  }

  /** Send it, or let it wait; what then is too much is dropped, the oldest first. */
  add(item: Item): void {
    const place: Place<Item> = { item, bytes: item.bytes + RETAINED_OVERHEAD_BYTES, sequence: 0, next: undefined }
    if (this.waiting.count === 0 && this.fits(place.bytes)) return this.transmit(place)
    item.compact?.()
    this.waiting.push(place)
    this.makeRoom()
  }

  /** The reader has everything up to this link sequence. */
  acknowledged(sequence: number): void {
    const { sent, waiting } = this
    for (let place = sent.first; place && place.sequence <= sequence; place = sent.first) sent.shift()
    for (let place = waiting.first; place && this.fits(place.bytes); place = waiting.first) this.transmit(waiting.shift() as Place<Item>)
  }

  /** The connection is gone, or nobody wants anything any more: what waits is dropped. */
  clear(): void {
    const { count } = this.waiting
    this.sent.clear()
    this.waiting.clear()
    if (count > 0) this.onDropped(count)
  }

  private fits(bytes: number): boolean {
    return this.sent.bytes === 0 || this.sent.bytes + bytes <= this.limits.windowBytes
  }

  private transmit(place: Place<Item>): void {
    place.sequence = this.send(place.item as Item)
    place.item = undefined
    this.sent.push(place)
  }

  private makeRoom(): void {
    const { waiting, limits } = this
    let dropped = 0
    while (waiting.count > 1 && (waiting.bytes > limits.waitingBytes || waiting.count > limits.waitingCount)) {
      waiting.shift()
      dropped++
    }
    if (dropped > 0) this.onDropped(dropped)
  }
}
