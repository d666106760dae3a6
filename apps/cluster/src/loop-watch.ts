import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** How often the delay is sampled, in ms. Node counts this interval into what it measures. */
const RESOLUTION_MS = 20
/** The shortest time that figures of the delay are about, in ms. */
const WINDOW_MS = 10_000

/** How a thread's event loop has been doing. */
export interface LoopFigures {
  /** How late the loop was, over the last window of 10 s or more that is complete; before that, since the start. */
  delayP99Ms: number
  delayMaxMs: number
  /** Since the thread's start. */
  activeMs: number
  idleMs: number
}

/** Watches the event loop of the thread it is made on. However many look, none disturbs what another one sees. */
export class LoopWatch {
  private readonly histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  private windowFromMs = performance.now()
  private complete: Pick<LoopFigures, 'delayP99Ms' | 'delayMaxMs'> | undefined

  constructor() {
    this.histogram.enable()
  }

  look(): LoopFigures {
    const { active: activeMs, idle: idleMs } = performance.eventLoopUtilization()
    const nowMs = performance.now()
    if (nowMs - this.windowFromMs >= WINDOW_MS) {
      this.complete = this.read()
      this.windowFromMs = nowMs
      this.histogram.reset()
    }
    return { ...(this.complete ?? this.read()), activeMs, idleMs }
  }

  stop(): void {
    this.histogram.disable()
  }

  private read(): Pick<LoopFigures, 'delayP99Ms' | 'delayMaxMs'> {
    return { delayP99Ms: lateness(this.histogram.percentile(99)), delayMaxMs: lateness(this.histogram.max) }
  }
}

/** @param nanoseconds - between two samples; what the histogram says before the first one is no number of any use */
const lateness = (nanoseconds: number): number => {
  const ms = nanoseconds / 1e6 - RESOLUTION_MS
  return Number.isFinite(ms) && ms > 0 ? ms : 0
}
