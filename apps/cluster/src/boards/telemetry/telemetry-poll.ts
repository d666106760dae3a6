import type { BoardTelemetryView } from '@aicluster/protocol'

export interface TelemetryPollOptions {
  /** Reads once, until the signal says that nobody wants it any more; what it throws leaves the last value standing. */
  read: (signal: AbortSignal) => Promise<BoardTelemetryView>
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
  #latest: BoardTelemetryView | undefined
  /** Stops the rounds; undefined while there are none. */
  #rounds: AbortController | undefined

  constructor(options: TelemetryPollOptions) {
    this.#options = options
  }

  /** The last reading; undefined before the first and after {@link TelemetryPoll.stop}: what is old misleads. */
  get latest(): BoardTelemetryView | undefined {
    return this.#latest
  }

  start(): void {
    if (this.#rounds) return
    this.#rounds = new AbortController()
    const { signal } = this.#rounds
    let cancel: (() => void) | undefined
    signal.addEventListener('abort', () => cancel?.())
    const { read, intervalMs = 10_000, after = afterMs } = this.#options
    const round = async (): Promise<void> => {
      const telemetry = await read(signal).catch(() => undefined)
      if (signal.aborted) return
      if (telemetry) this.#latest = telemetry
      cancel = after(intervalMs, () => void round())
    }
    void round()
  }

  stop(): void {
    this.#rounds?.abort()
    this.#rounds = undefined
    this.#latest = undefined
  }
}
