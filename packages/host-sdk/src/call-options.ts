import { clusterError, type KeysOf, type OptionKeys } from '@aicluster/protocol'
import { optionalCallback, requireOptions, wrongArgument } from './arguments'
import type { ProgressEvent } from './progress-event'

/** What every awaited method takes beside its own arguments. Ours. */
export interface CallOptions {
  /**
   * Aborting takes the request out of the cluster's queue, or tells the container that has it: 312, at once, also while the
   * connection is lost. A command that has begun is taken back as far as it can be; not while the connection is lost.
   */
  signal?: AbortSignal
  /** ms for the whole call, waiting for room and for a lost connection included: 313 when they pass. Default: the inference's own time-outs alone. */
  timeout?: number
}

/** What every awaited command takes that works for long: it tells how far it is. Ours. */
export interface LongCallOptions extends CallOptions {
  /** Called with each word of the cluster, until the call has settled. One that throws is logged. */
  onProgress?: (progress: ProgressEvent) => void
}

export interface InferOptions extends CallOptions {
  /** Copy data above 64 KB too, so that it may be changed before the call has settled. Default false. */
  copy?: boolean
}

export const CALL_KEYS: KeysOf<CallOptions> = { signal: true, timeout: true }

/** What a call that works for long takes beside {@link CALL_KEYS}. */
export const PROGRESS_KEY: KeysOf<Omit<LongCallOptions, keyof CallOptions>> = { onProgress: true }

export const INFER_KEYS: KeysOf<InferOptions> = { signal: true, timeout: true, copy: true }

/** How `release` ends what is open. */
export interface ReleaseOptions {
  /** ms to wait for what is open before it ends with 111. Default 0: not at all. At most 86,400,000. */
  drainMs?: number
}

export const RELEASE_KEYS: KeysOf<ReleaseOptions> = { drainMs: true }

/** Longest `timeout` that the wire carries, in ms. */
const MAX_TIMEOUT_MS = 2 ** 32 - 2

/** @throws InvalidArgumentError (302) a timeout that is none, a listener that is no function; RequestAbortedError (312) a signal that has aborted already */
export function checkCallOptions(options: LongCallOptions): void {
  const { timeout, signal, onProgress } = options
  if (timeout !== undefined && !(Number.isFinite(timeout) && timeout >= 1 && timeout <= MAX_TIMEOUT_MS)) {
    throw wrongArgument('timeout', timeout, `a number of ms from 1 to ${MAX_TIMEOUT_MS}`)
  }
  if (onProgress !== undefined) optionalCallback(onProgress, 'onProgress')
  if (signal?.aborted) throw aborted(signal, undefined)
}

/**
 * What is left of the options of a call that takes several commands, asked for before each of them: `timeout` is for the whole.
 * @param own - the keys that the call takes beside
 * @throws InvalidArgumentError (302) no options object, or an unknown key; later RequestTimeoutError (313) nothing is left
 */
export function sharedTime(options: CallOptions, command: string, own: OptionKeys): () => CallOptions {
  const { signal, timeout } = requireOptions<CallOptions>(options, 'options', CALL_KEYS, own)
  const abort: CallOptions = signal === undefined ? {} : { signal }
  if (timeout === undefined) return () => abort
  const startedAtMs = performance.now()
  let asked = false
  return () => {
    if (!asked) {
      asked = true
      return { ...abort, timeout }
    }
    const leftMs = startedAtMs + timeout - performance.now()
    if (leftMs >= 1) return { ...abort, timeout: leftMs }
    throw clusterError('requestTimeout', { detail: `${command} was not done within ${timeout} ms`, command })
  }
}

/** Longest time that a timer takes, in ms. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Wait for what has no request of its own, until the caller gives up through `signal` or `timeout`.
 *
 * @param wait - `givenUp` tells it that nobody waits any more
 * @throws RequestAbortedError (312), RequestTimeoutError (313); what `wait` rejects with
 */
export async function untilGivenUp<T>(options: CallOptions, what: string, wait: (givenUp: AbortSignal) => Promise<T>): Promise<T> {
  checkCallOptions(options)
  const { signal, timeout } = options
  const giveUp = new AbortController()
  const end = new Promise<never>((_, reject) => giveUp.signal.addEventListener('abort', () => reject(giveUp.signal.reason)))
  const onAbort = () => giveUp.abort(aborted(signal as AbortSignal, undefined))
  const onTime = () => giveUp.abort(clusterError('requestTimeout', { detail: `${what} was not done within ${timeout} ms` }))
  const timer = timeout === undefined ? undefined : setTimeout(onTime, Math.min(timeout, MAX_TIMER_MS))
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([wait(giveUp.signal), end])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

const MAX_DRAIN_MS = 86_400_000

/** @throws InvalidArgumentError (302) not a whole number of ms */
export function requireDrainMs({ drainMs = 0 }: ReleaseOptions): number {
  if (Number.isInteger(drainMs) && drainMs >= 0 && drainMs <= MAX_DRAIN_MS) return drainMs
  throw wrongArgument('drainMs', drainMs, `a whole number of ms from 0 to ${MAX_DRAIN_MS}`)
}

export const aborted = (signal: AbortSignal, requestNo: string | undefined) =>
  clusterError('requestAborted', { detail: reasonText(signal.reason), cause: signal.reason, requestNo })

const reasonText = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason))
