/** What a container's program has printed, stdout and stderr as they came. Control characters are taken out. Ours. */
export interface ContainerLog {
  /** The oldest first, without line ends. */
  lines: string[]
  /** Give it as `after` to go on behind these lines. */
  next: string
}

/** Which lines of a container's log. */
export interface ContainerLogOptions {
  /** How many of the last lines, 0 to 10,000, when `after` is not given. Default 100. */
  lines?: number
  /** `next` of the log that was read before: only what was printed since. */
  after?: string
}
