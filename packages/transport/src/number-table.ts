const FIRST_CAPACITY = 16
/** Spreads numbers that follow one another. */
const GOLDEN = 0x9e3779b1

/**
 * Values by request number: a `Map` for numbers that come and go all the time.
 *
 * A `Map` that churns makes V8 keep its garbage: each rehash leaves an old table that points to the next one, so that once
 * one of them is old, whatever all later ones held survives every scavenge until the next full collection.
 * Open addressing in two arrays leaves nothing behind, and is several times faster.
 */
export class NumberTable<Value extends object> {
  private numbers = new Float64Array(FIRST_CAPACITY)
  private slots: (Value | undefined)[] = new Array<Value | undefined>(FIRST_CAPACITY).fill(undefined)
  private mask = FIRST_CAPACITY - 1
  private shift = 32 - Math.log2(FIRST_CAPACITY)
  private count = 0

  /** Entries in the table. */
  get size(): number {
    return this.count
  }

  /** The value of this number. */
  get(key: number): Value | undefined {
    const at = this.find(key)
    return at < 0 ? undefined : this.slots[at]
  }

  /** Whether the number is in the table. */
  has(key: number): boolean {
    return this.find(key) >= 0
  }

  /** Put a value in, or replace it. */
  set(key: number, value: Value): void {
    const found = this.find(key)
    if (found >= 0) {
      this.slots[found] = value
      return
    }
    this.numbers[-1 - found] = key
    this.slots[-1 - found] = value
    if (++this.count * 2 > this.mask) this.grow()
  }

  /** Take an entry out. Returns whether it was there. */
  delete(key: number): boolean {
    let hole = this.find(key)
    if (hole < 0) return false
    const { numbers, slots, mask } = this
    this.count--
    // Whatever was pushed on by the entry that goes moves back, so that no search meets a gap.
    for (let at = (hole + 1) & mask; slots[at] !== undefined; at = (at + 1) & mask) {
      const home = this.homeOf(numbers[at] as number)
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      numbers[hole] = numbers[at] as number
      slots[hole] = slots[at]
      hole = at
    }
    slots[hole] = undefined
    return true
  }

  /** Take every entry out. */
  clear(): void {
    this.slots.fill(undefined)
    this.count = 0
  }

  /** In rising order. */
  keys(): number[] {
    const keys: number[] = []
    for (let at = 0; at < this.slots.length; at++) if (this.slots[at] !== undefined) keys.push(this.numbers[at] as number)
    return keys.sort((a, b) => a - b)
  }

  /** In rising order of their numbers; a copy, so that what is done with them may change the table. */
  values(): Value[] {
    return this.keys().map((key) => this.get(key) as Value)
  }

  private homeOf(key: number): number {
    return Math.imul(key | 0, GOLDEN) >>> this.shift
  }

  /** Where the key is; where it would go, negative and minus one, when it is not there. */
  private find(key: number): number {
    let at = this.homeOf(key)
    while (this.slots[at] !== undefined) {
      if (this.numbers[at] === key) return at
      at = (at + 1) & this.mask
    }
    return -1 - at
  }

  private grow(): void {
    const { numbers, slots } = this
    const capacity = slots.length * 2
    this.numbers = new Float64Array(capacity)
    this.slots = new Array<Value | undefined>(capacity).fill(undefined)
    this.mask = capacity - 1
    this.shift--
    this.count = 0
    for (let at = 0; at < slots.length; at++) {
      const value = slots[at]
      if (value !== undefined) this.set(numbers[at] as number, value)
    }
  }
}
