import { REQUEST_BLOCK_SIZE } from '@aicluster/protocol'

/** Fewer blocks than this left: ask for more. */
const LOW_BLOCKS = 16

/** Request numbers that the control plane has persisted as used, to be handed out in blocks. */
export class NumberReserve {
  private readonly ranges: { next: number; end: number }[] = []
  private asked = false

  constructor(private readonly askForMore: () => void) {}

  add(range: { first: number; count: number }): void {
    this.ranges.push({ next: range.first, end: range.first + range.count })
    this.asked = false
  }

  /** The next block, or undefined when none is left. */
  take(): { first: number; count: number } | undefined {
    const range = this.ranges[0]
    if (!range) return undefined
    const block = { first: range.next, count: REQUEST_BLOCK_SIZE }
    range.next += REQUEST_BLOCK_SIZE
    if (range.next >= range.end) this.ranges.shift()
    const left = this.ranges.reduce((sum, { next, end }) => sum + (end - next), 0)
    if (left < LOW_BLOCKS * REQUEST_BLOCK_SIZE && !this.asked) {
      this.asked = true
      this.askForMore()
    }
    return block
  }
}
