import { EXIT, type ExitCode } from './exit-codes'
import { hintFor } from './hints'

/** The command line is wrong. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The manager's program ended, or was not ready in time. */
export class ManagerError extends Error {
  override name = 'ManagerError'
  /** Of the manager's own error, where it had one. */
  readonly code: number | null = null
  readonly details: Readonly<Record<string, unknown>>

  /** @param own - name and code of the error that made the manager end */
  constructor(message: string, details: Readonly<Record<string, unknown>> = {}, own?: { name: string; code: number }) {
    super(message)
    this.details = details
    if (own) {
      this.name = own.name
      this.code = own.code
    }
  }
}

/** An error as `--json` shows it. */
export interface ErrorView {
  /** Of the cluster's table; null where it has none for this. */
  code: number | null
  name: string
  message: string
  details: Readonly<Record<string, unknown>>
}

/** Anything that was thrown. */
export function errorView(thrown: unknown): ErrorView {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { code, details } = error as Partial<ErrorView>
  return {
    code: typeof code === 'number' ? code : null,
    name: error.name,
    message: error.message,
    details: typeof details === 'object' && details !== null ? details : {},
  }
}

const UNREACHABLE = [110, 111]

export const exitCodeOf = ({ code, name }: ErrorView): ExitCode => {
  if (name === 'UsageError') return EXIT.usage
  return code !== null && UNREACHABLE.includes(code) ? EXIT.unreachable : EXIT.failed
}

export const USAGE_HINT = '(aicluster --help, or aicluster COMMAND --help, says more)'

/**
 * `ClassName [code]: message`, and what to try. A wrong command line reads as commander writes it.
 * @param command - that failed, with the words by which it is called: `boards rm`
 */
export function errorText(view: ErrorView, command = ''): string {
  const { code, name, message } = view
  if (name === 'UsageError') return `error: ${message}\n${USAGE_HINT}`
  const hint = hintFor(view, command)
  return `${name}${code === null ? '' : ` [${code}]`}: ${message}${hint ? `\n  (${hint})` : ''}`
}
