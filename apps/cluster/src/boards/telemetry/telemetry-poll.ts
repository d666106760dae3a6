import type { BoardTelemetry } from './board-telemetry'

export interface TelemetryPollOptions {
  /** Reads once; what it throws leaves the last value standing. */
  read: () => Promise<BoardTelemetry>
  /** From the end of one reading to the next, in ms; default 10,000. */
  intervalMs?: number
  /** Starts a timer; returns what clears it. */
  after?: (ms: number, run: () => void) => () => void
}

const afterMs = (ms: number, run: () => void): (() => void) => {
  const timer = setTimeout(run, ms).unref()
  return () => clearTimeout(timer)
}

/** Reads a board's telemetry again and again while it is connected. */
export class TelemetryPoll {
  readonly #options: TelemetryPollOptions
  #latest: BoardTelemetry | undefined
  /** Stops the round that runs; undefined while none does. */
  #stop: (() => void) | undefined

  constructor(options: TelemetryPollOptions) {
    this.#options = options
  }

  /** The last reading; undefined before the first and after {@link TelemetryPoll.stop}: what is old misleads. */
  get latest(): BoardTelemetry | undefined {
    return this.#latest
  }

  start(): void {
    if (this.#stop) return
    let stopped = false
    let cancel: (() => void) | undefined
    this.#stop = () => {
      stopped = true
      cancel?.()
    }
    const { read, intervalMs = 10_000, after = afterMs } = this.#options
    const round = async (): Promise<void> => {
      const telemetry = await read().catch(() => undefined)
      if (stopped) return
      if (telemetry) this.#latest = telemetry
      cancel = after(intervalMs, () => void round())
    }
    void round()
  }

  stop(): void {
    this.#stop?.()
    this.#stop = undefined
    this.#latest = undefined
  }
}
