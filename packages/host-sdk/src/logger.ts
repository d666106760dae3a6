/** What the SDK logs to. A pino logger is one as it is; so is `console`. */
export interface Logger {
  /** What helps to find a fault. */
  debug(...args: unknown[]): void
  /** What happens in the course of things. */
  info(...args: unknown[]): void
  /** Something is not as it should be, and goes on. */
  warn(...args: unknown[]): void
  /** Something failed. */
  error(...args: unknown[]): void
}

const nothing = (): void => {}

export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
