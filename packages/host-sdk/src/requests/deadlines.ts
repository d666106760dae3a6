/** Longest delay that a timer of Node takes, in ms; a later deadline is looked at again then. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** What may be due at a time. The place is the {@link Deadlines}' own. */
export interface DeadlineEntry {
  /** When it is due, on the clock of `performance.now()`. */
  dueAtMs: number
  /** Where it stands in the heap; -1 while it is not in it. */
  heapPlace: number
}

/** Tells when entries are due: one heap and one timer for all of them, which keeps no process alive. */
export class Deadlines<Entry extends DeadlineEntry> {
  private readonly heap: Entry[] = []
  private timer: NodeJS.Timeout | undefined
  private timerAtMs = Number.POSITIVE_INFINITY

  /** @param onDue - gets each entry that is due, earliest first; it is out of the heap already, and may be added again */
  constructor(
    private readonly onDue: (entry: Entry) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.heap.length
  }

  add(entry: Entry, dueAtMs: number): void {
    entry.dueAtMs = dueAtMs
    this.rise(entry, this.heap.length)
    if (dueAtMs < this.timerAtMs) this.arm(dueAtMs)
  }

  /** Nothing happens when it is not there. The timer stays as it is: at worst it finds nothing due. */
  remove(entry: Entry): void {
    const place = entry.heapPlace
    if (place < 0) return
    entry.heapPlace = -1
    const last = this.heap.pop() as Entry
    if (last === entry) return
    this.rise(last, place)
    this.sink(last)
  }

  private arm(dueAtMs: number): void {
    clearTimeout(this.timer)
    this.timerAtMs = dueAtMs
    const delayMs = Math.ceil(dueAtMs - this.now())
    this.timer = setTimeout(this.fire, Math.min(MAX_TIMER_MS, Math.max(1, delayMs)))
    this.timer.unref()
  }

  private readonly fire = (): void => {
    this.timer = undefined
    this.timerAtMs = Number.POSITIVE_INFINITY
    const nowMs = this.now()
    for (let first = this.heap[0]; first && first.dueAtMs <= nowMs; first = this.heap[0]) {
      this.remove(first)
      this.onDue(first)
    }
    const first = this.heap[0]
    if (first && first.dueAtMs < this.timerAtMs) this.arm(first.dueAtMs)
  }

  private rise(entry: Entry, from: number): void {
    const { heap } = this
    let place = from
    while (place > 0) {
      const parentPlace = (place - 1) >> 1
      const parent = heap[parentPlace] as Entry
      if (parent.dueAtMs <= entry.dueAtMs) break
      heap[place] = parent
      parent.heapPlace = place
      place = parentPlace
    }
    heap[place] = entry
    entry.heapPlace = place
  }

  private sink(entry: Entry): void {
    const { heap } = this
    let place = entry.heapPlace
    for (;;) {
      let childPlace = 2 * place + 1
      if (childPlace >= heap.length) break
      const right = heap[childPlace + 1]
      if (right && right.dueAtMs < (heap[childPlace] as Entry).dueAtMs) childPlace++
      const child = heap[childPlace] as Entry
      if (entry.dueAtMs <= child.dueAtMs) break
      heap[place] = child
      child.heapPlace = place
      place = childPlace
    }
    heap[place] = entry
    entry.heapPlace = place
  }
}
