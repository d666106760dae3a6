import { DEFAULT_RECONNECT_TIMEOUT_MS, MAX_RECONNECT_TIMEOUT_MS } from '@aicluster/protocol'
import { requireWhole } from '../arguments'
import type { SendLimits } from '../requests/send-room'
import type { ConnectOptions } from './connect-options'

const DEFAULT_MAX_PENDING = 10_000
/** The list of open numbers travels as one body, 6 bytes each. */
const MAX_MAX_PENDING = 1_000_000
const DEFAULT_MAX_PENDING_BYTES = 256 * 1024 * 1024

export interface SessionOptions extends SendLimits {
  reconnectTimeoutMs: number
}

/**
 * What bounds a session, with its defaults.
 * @throws InvalidArgumentError (302): a value out of its range
 */
export function resolveSessionOptions(options: ConnectOptions): SessionOptions {
  const {
    reconnectTimeoutMs = DEFAULT_RECONNECT_TIMEOUT_MS,
    maxPending = DEFAULT_MAX_PENDING,
    maxPendingBytes = DEFAULT_MAX_PENDING_BYTES,
  } = options
  requireWhole('reconnectTimeoutMs', reconnectTimeoutMs, 0, MAX_RECONNECT_TIMEOUT_MS)
  requireWhole('maxPending', maxPending, 1, MAX_MAX_PENDING)
  requireWhole('maxPendingBytes', maxPendingBytes, 1, Number.MAX_SAFE_INTEGER)
  return { reconnectTimeoutMs, maxPending, maxPendingBytes }
}
