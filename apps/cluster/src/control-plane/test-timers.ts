import type { After } from '../within'

/** Timers that run when a test says so. */
export class ManualTimers {
  private timers: { ms: number; run: () => void }[] = []

  readonly after: After = (ms, run) => {
    const timer = { ms, run }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }

  /** How long each that still waits was to wait, in ms. */
  get waiting(): number[] {
    return this.timers.map(({ ms }) => ms)
  }

  /** The time of those is over that wait so long; of all, where nothing is said. */
  fire(ms?: number): void {
    const due = this.timers.filter((timer) => ms === undefined || timer.ms === ms)
    this.timers = this.timers.filter((timer) => !due.includes(timer))
    for (const { run } of due) run()
  }
}
