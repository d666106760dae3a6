/** Header of a `started` record. Container → manager, on its answers link, in batches. Not answered. */
export interface StartedHeader {
  /** Requests that have run for longer than 50 ms, by number. */
  requests: number[]
}
