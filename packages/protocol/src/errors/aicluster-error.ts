import { ERROR_CODES, type ErrorKey } from './error-code'

/** What an error tells beside its code. */
export interface AIClusterErrorOptions {
  /** What fills the `{}` of the message, in order. */
  args?: readonly string[]
  /** What was wrong, which value, what to do: follows the table's text after `: `. */
  detail?: string | undefined
  /** The whole message, in place of the table's text and `detail`: what a peer said. */
  message?: string | undefined
  /** The same as data: field, value, board, … */
  details?: Readonly<Record<string, unknown>> | undefined
  /** The command that failed, by its API name on the wire. */
  command?: string | undefined
  /** The request or command it belongs to. */
  requestNo?: string | undefined
  cause?: unknown
}

const KINDS = Symbol.for('aicluster.error.kinds')
/** Own static of every class of the table; a class that somebody else derives has none. */
const KIND = Symbol.for('aicluster.error.kind')

const fill = (template: string, args: readonly string[]): string => {
  let next = 0
  return template.replace(/\{\w*\}/g, (hole) => args[next++] ?? hole)
}

interface ErrorClass {
  readonly [KIND]?: string
}

const kindsOf = (instance: object): string[] => {
  const kinds: string[] = []
  for (let proto = Object.getPrototypeOf(instance); proto; proto = Object.getPrototypeOf(proto)) {
    const errorClass = proto.constructor as ErrorClass
    if (Object.hasOwn(errorClass, KIND)) kinds.push(errorClass[KIND] as string)
  }
  return kinds
}

/**
 * Every failure of AICluster: a code with a meaning, the same in every SDK and on the wire.
 *
 * `instanceof` holds between the ESM and the CommonJS build and between two installed copies of this package:
 * it looks at a brand, not at the prototype.
 */
export class AIClusterError extends Error {
  /** @internal */
  static readonly [KIND]: string = 'AIClusterError'

  /** Number of the failure: {@link ERROR_CODES}. */
  readonly code: number
  /** Structured detail: field, value, board, … Empty when there is none. */
  readonly details: Readonly<Record<string, unknown>>
  /** The command that failed, by its API name on the wire, if it was one. */
  readonly command: string | undefined
  /** Number of the request or command, if it had one. */
  readonly requestNo: string | undefined
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean

  /**
   * An error that a container may send as it is (`sendError`, or thrown in a handler); its code is the row's.
   * @param key - the row of {@link ERROR_CODES}
   * @param options - what the message says beyond the row's text, and what belongs to the failure
   */
  constructor(key: ErrorKey, options: AIClusterErrorOptions = {}) {
    const row = ERROR_CODES[key]
    const text = fill(row.message, options.args ?? [])
    const message = options.message ?? (options.detail ? `${text}: ${options.detail}` : text)
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    // A bundler may rename our classes, not their brand; a class that somebody else derives goes by its own name.
    this.name = Object.hasOwn(new.target, KIND) ? ((new.target as ErrorClass)[KIND] as string) : new.target.name
    this.code = row.code
    this.retryable = row.retryable
    this.details = options.details ?? {}
    this.command = options.command
    this.requestNo = options.requestNo
    Object.defineProperty(this, KINDS, { value: kindsOf(this) })
  }

  /** @internal Holds across the ESM and CommonJS builds and across installed copies: it goes by name, not by prototype. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!Object.hasOwn(this, KIND)) return Function.prototype[Symbol.hasInstance].call(this, value)
    const kinds = (value as { [KINDS]?: readonly string[] } | null)?.[KINDS]
    return Array.isArray(kinds) && kinds.includes((this as ErrorClass)[KIND] as string)
  }

  /** What a log or a reply needs; the cause's message only, never its stack. */
  toJSON(): Record<string, unknown> {
    return {
      name: this.name,
      code: this.code,
      message: this.message,
      details: this.details,
      ...(this.command === undefined ? {} : { command: this.command }),
      ...(this.requestNo === undefined ? {} : { requestNo: this.requestNo }),
      ...(this.cause instanceof Error ? { cause: this.cause.message } : {}),
    }
  }
}

export { KIND as ERROR_KIND }
