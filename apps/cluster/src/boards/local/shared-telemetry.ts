import type { BoardTelemetryView } from '@aicluster/protocol'
import type { TelemetryPoll } from '../telemetry/telemetry-poll'

/** How this machine fares: read once for all the boards that it plays, while one of them is open. */
export class SharedTelemetry {
  readonly #poll: Pick<TelemetryPoll, 'latest' | 'start' | 'stop'>
  readonly #users = new Set<object>()

  constructor(poll: Pick<TelemetryPoll, 'latest' | 'start' | 'stop'>) {
    this.#poll = poll
  }

  /** Undefined before the first reading, and while nobody wants any. */
  get latest(): BoardTelemetryView | undefined {
    return this.#poll.latest
  }

  start(user: object): void {
    this.#users.add(user)
    this.#poll.start()
  }

  stop(user: object): void {
    this.#users.delete(user)
    if (this.#users.size === 0) this.#poll.stop()
  }
}
