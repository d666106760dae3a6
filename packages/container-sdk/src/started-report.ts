import type { NumberTable } from '@aicluster/transport'
import type { ReceivedRequest } from './received-request'

/** Requests that run for longer than this are reported, in ms. */
const STARTED_AFTER_MS = 50

/** Tells the cluster, in batches, which requests have been running for a while; nothing is armed while nothing runs. */
export class StartedReport {
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly inHand: NumberTable<ReceivedRequest>,
    private readonly report: (numbers: number[]) => void,
  ) {}

  /** Something was taken by the program. */
  arm(): void {
    if (this.timer) return
    this.timer = setInterval(this.look, STARTED_AFTER_MS)
    this.timer.unref()
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }

  private readonly look = (): void => {
    if (this.inHand.size === 0) return this.stop()
    const before = performance.now() - STARTED_AFTER_MS
    const numbers: number[] = []
    for (const request of this.inHand.values()) {
      if (request.reportedStarted || request.takenAtMs === 0 || request.takenAtMs > before) continue
      request.reportedStarted = true
      numbers.push(request.number)
    }
    if (numbers.length > 0) this.report(numbers)
  }
}
