/** Everything that only ever rises, by name. Documented in docs/protocol.md. */
export class Counters {
  private readonly values = new Map<string, number>()

  add(name: string, by = 1): void {
    this.values.set(name, (this.values.get(name) ?? 0) + by)
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries([...this.values].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/** The counters of the hot path: plain fields, no lookup. */
export class RequestCounters {
  received = 0
  results = 0
  /** Requests to sinks whose outcome is that they were taken. */
  taken = 0
  containerErrors = 0
  handedOut = 0
  echoed = 0
  /** Requests whose number was not the session's to use. */
  badNumbers = 0
  /** Requests that had come before. */
  repeated = 0
}
