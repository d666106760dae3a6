import { currentRequestNo, useRequestContext } from './log-context'

/** Log levels with the numbers of Python's logging module. */
export const LogLevel = { DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, CRITICAL: 50 } as const
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
   * @param level - a number of {@link LogLevel}; default DEBUG
   */
  log_setting(loggerName: string, level: number = LogLevel.DEBUG): void {
    settings.name = loggerName
    settings.level = level
    useRequestContext()
  },
  debug: (msg: string, code = -1): void => write('DEBUG', msg, code),
  info: (msg: string, code = -1): void => write('INFO', msg, code),
  warning: (msg: string, code = -1): void => write('WARNING', msg, code),
  error: (msg: string, code = -1): void => write('ERROR', msg, code),
  critical: (msg: string, code = -1): void => write('CRITICAL', msg, code),
  /** Like `error`, with an error's stack (Python takes the current exception; JavaScript has none, so it is given). */
  exception: (msg: string, code = -1, error?: unknown): void =>
    write(
      'ERROR',
      msg,
      code,
      error === undefined ? {} : { stack: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    ),
} as const
