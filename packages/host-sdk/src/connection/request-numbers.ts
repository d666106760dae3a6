import { clusterError, type NumberBlock } from '@aicluster/protocol'

/** Fewer numbers than this left: ask for the next block. */
const LOW = 2 ** 18

/** The request numbers that the manager has given to this session: unique in the cluster, rising. */
export class RequestNumbers {
  private next = 0
  private end = 0
  private following: NumberBlock | undefined
  private asked = false

  constructor(private readonly askForMore: () => void) {}

  /** A new session: what an earlier one left is not its own. */
  restart(block: NumberBlock): void {
    this.next = block.first
    this.end = block.first + block.count
    this.following = undefined
    this.asked = false
  }

  add(block: NumberBlock): void {
    this.following = block
    this.asked = false
  }

  /** What was asked for, or the answer, may have been lost. */
  askAgain(): void {
    if (this.asked) this.askForMore()
  }

  /** @throws ConnectionFailedError (111) when the manager has not kept up with handing out numbers */
  take(): number {
    if (this.next >= this.end) {
      if (!this.following)
        throw clusterError('connectionFailed', { detail: 'the cluster has not sent further request numbers yet: try again' })
      this.next = this.following.first
      this.end = this.following.first + this.following.count
      this.following = undefined
    }
    if (this.end - this.next < LOW && !this.following && !this.asked) {
      this.asked = true
      this.askForMore()
    }
    return this.next++
  }
}
