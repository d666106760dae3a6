import { type AIClusterError, clusterError } from '@aicluster/protocol'
import type { ContainerExit, ContainerSpec } from '../boards/board'

/** A container on its way to take requests: whoever hears of it says so here, and one waits. */
export class ContainerStart {
  /** It takes requests. */
  ready!: () => void
  /** It is given up. */
  fail!: (reason: unknown) => void
  private readonly outcome = new Promise<void>((resolve, reject) => {
    this.ready = resolve
    this.fail = reject
  })
  private readonly onAbort = (): void => this.fail(this.signal.reason)
  private timer: NodeJS.Timeout | undefined

  constructor(
    readonly board: string,
    readonly spec: Pick<ContainerSpec, 'instance' | 'suffixName'>,
    private readonly signal: AbortSignal,
  ) {
    this.outcome.catch(() => {})
    signal.addEventListener('abort', this.onAbort)
  }

  /** Its program has ended. */
  onExit(exit: ContainerExit): void {
    this.fail(new Error(describeExit(exit)))
  }

  /** @throws why it was given up, or that it is late */
  async readyWithin(limitMs: number): Promise<void> {
    const late = () => new Error(`did not connect and become ready within ${limitMs} ms (start_timeout)`)
    this.timer = setTimeout(() => this.fail(late()), limitMs)
    await this.outcome
  }

  /** Nobody waits any more. */
  end(): void {
    clearTimeout(this.timer)
    this.signal.removeEventListener('abort', this.onAbort)
  }
}

const describeExit = ({ code, signal, outOfMemory }: ContainerExit): string =>
  outOfMemory
    ? 'used more memory than it may, and was ended for it, before it was ready (run_option --memory, or the memory of the board)'
    : signal
      ? `was ended by ${signal} before it was ready`
      : `exited with code ${code} before it was ready`

/**
 * @param output - what the program has printed last
 * @param oversight - what may have been forgotten
 */
export function startError(suffixName: string, board: string, cause: unknown, output: string, oversight?: string): AIClusterError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return clusterError('containerStart', {
    detail: `container ${suffixName} on board ${board} ${reason}${oversight ? ` (${oversight})` : ''}${output ? `; it printed last:\n${output}` : '; it printed nothing'}`,
    details: { container: suffixName, board, reason, output },
    cause,
  })
}
