import { currentRequestNo, useRequestContext } from './log-context'

/** Log levels with the numbers of Python's logging module. */
export const LogLevel = {
  /** For whoever looks for a fault; what is written without `log_setting`. */
  DEBUG: 10,
  /** What happens in the course of things. */
  INFO: 20,
  /** Something is not as it should be, and goes on. */
  WARNING: 30,
  /** Something failed. */
  ERROR: 40,
  /** The program cannot go on. */
  CRITICAL: 50,
} as const
/** One of the numbers of {@link LogLevel}. */
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel]

const settings = { name: 'container', level: LogLevel.DEBUG as number }

function write(level: keyof typeof LogLevel, message: string, code: number, extra: Record<string, unknown> = {}): void {
  if (LogLevel[level] < settings.level) return
  const requestNo = currentRequestNo()
  const line = {
    time: new Date().toISOString(),
    level,
    logger: settings.name,
    code,
    container: process.env.AICLUSTER_CONTAINER ?? '',
    ...(requestNo === undefined ? {} : { requestNo }),
    message: String(message),
    ...extra,
  }
  process.stderr.write(`${JSON.stringify(line)}\n`)
}

/**
 * Logging for the program in a container: one JSON line each to stderr, which the cluster collects.
 * Inside a `serve` handler each line carries the request's number.
 *
 * @see SDK API reference, chapter 6
 */
export const container_log_util = {
  /**
   * Name the logger and set the lowest level that is written.
   * @param loggerName - stands in every line as `logger`; `container` before this is called
   * @param level - a number of {@link LogLevel}; default DEBUG
   */
  log_setting(loggerName: string, level: number = LogLevel.DEBUG): void {
    settings.name = loggerName
    settings.level = level
    useRequestContext()
  },
  /** Write a line of level DEBUG. `code` (default -1: none) is an error code of your own. */
  debug: (msg: string, code = -1): void => write('DEBUG', msg, code),
  /** Write a line of level INFO. */
  info: (msg: string, code = -1): void => write('INFO', msg, code),
  /** Write a line of level WARNING. */
  warning: (msg: string, code = -1): void => write('WARNING', msg, code),
  /** Write a line of level ERROR. */
  error: (msg: string, code = -1): void => write('ERROR', msg, code),
  /** Write a line of level CRITICAL. */
  critical: (msg: string, code = -1): void => write('CRITICAL', msg, code),
  /** Like `error`, with an error's stack (Python takes the current exception; JavaScript has none, so it is given). */
  exception: (msg: string, code = -1, error?: unknown): void =>
    write(
      'ERROR',
      msg,
      code,
      error === undefined ? {} : { stack: error instanceof Error ? (error.stack ?? error.message) : textOf(error) },
    ),
} as const

/** Anything can be thrown, also what no text can be made of. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return typeof thrown
  }
}
