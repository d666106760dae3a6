/** Something that has a deadline. The links are the wheel's own. */
export interface DeadlineEntry {
  /** When it is due, on the wheel's clock, in ms; Infinity: never, and then it is not in the wheel. */
  deadlineMs: number
  wheelSlot: number
  wheelPrevious: DeadlineEntry | undefined
  wheelNext: DeadlineEntry | undefined
}

/**
 * Every deadline of the data plane in one structure: adding and removing are a few assignments, however many there are.
 *
 * Time is cut into ticks; a slot holds what is due in its tick, of this round or a later one.
 * Knows no clock: whoever owns it says what time it is.
 */
export class DeadlineWheel {
  private readonly slots: (DeadlineEntry | undefined)[]
  /** The last tick that was swept. */
  private swept: number
  private count = 0

  /**
   * @param tickMs - an entry fires at most this late
   * @param slotCount - ticks in a round; a power of two
   */
  constructor(
    nowMs: number,
    private readonly tickMs = 5,
    private readonly slotCount = 16_384,
  ) {
    this.slots = new Array<DeadlineEntry | undefined>(slotCount).fill(undefined)
    this.swept = Math.floor(nowMs / tickMs)
  }

  get size(): number {
    return this.count
  }

  /** Due at `deadlineMs`; Infinity arms nothing. The entry must not be in the wheel. */
  add(entry: DeadlineEntry, deadlineMs: number): void {
    entry.deadlineMs = deadlineMs
    if (deadlineMs === Number.POSITIVE_INFINITY) return
    // A tick is swept once it is over; what is due already goes into the next one to be swept.
    const tick = Math.max(Math.floor(deadlineMs / this.tickMs), this.swept + 1)
    const slot = tick & (this.slotCount - 1)
    const first = this.slots[slot]
    entry.wheelSlot = slot
    entry.wheelPrevious = undefined
    entry.wheelNext = first
    if (first) first.wheelPrevious = entry
    this.slots[slot] = entry
    this.count++
  }

  /** Take an entry out; nothing happens if it is not in. */
  remove(entry: DeadlineEntry): void {
    if (entry.wheelSlot < 0) return
    const { wheelPrevious: previous, wheelNext: next } = entry
    if (previous) previous.wheelNext = next
    else this.slots[entry.wheelSlot] = next
    if (next) next.wheelPrevious = previous
    entry.wheelSlot = -1
    entry.wheelPrevious = undefined
    entry.wheelNext = undefined
    this.count--
  }

  /** Everything whose deadline is at or before `nowMs`, taken out, earliest first, equal ones in the order they were added. */
  expire(nowMs: number): DeadlineEntry[] {
    const nowTick = Math.floor(nowMs / this.tickMs)
    const due: DeadlineEntry[] = []
    if (this.count > 0) {
      // The current tick is looked at too, but not counted as swept: more may become due within it.
      const first = Math.max(this.swept + 1, nowTick - this.slotCount + 1)
      for (let tick = first; tick <= nowTick; tick++) this.collect(tick & (this.slotCount - 1), nowMs, due)
      // What was armed late may sit one slot ahead of the clock.
      if (nowTick <= this.swept) this.collect((this.swept + 1) & (this.slotCount - 1), nowMs, due)
    }
    this.swept = Math.max(this.swept, nowTick - 1)
    // A slot's latest comes first; equal deadlines share a slot, and the sort keeps their order.
    if (due.length > 1) due.reverse().sort((a, b) => a.deadlineMs - b.deadlineMs)
    return due
  }

  private collect(slot: number, nowMs: number, due: DeadlineEntry[]): void {
    let entry = this.slots[slot]
    while (entry) {
      const next = entry.wheelNext
      if (entry.deadlineMs <= nowMs) {
        this.remove(entry)
        due.push(entry)
      }
      entry = next
    }
  }
}
