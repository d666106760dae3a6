import { AIClusterError, clusterError } from '@aicluster/protocol'
import { plainCause } from './plain-cause'

/**
 * An operation on a board failed: SshConnectionError (500), `board "b": doing: cause`.
 *
 * An error of ours stays as it is: whoever made it knew more.
 *
 * @param doing - what was tried: `connect to root@10.0.0.12:22`, `start container "digits-b"`
 * @param cause - what was thrown, by ssh2, dockerode, node or us; shown in plain words, printable and capped
 * @param details - beside `board`, in the error's details
 */
export function boardError(board: string, doing: string, cause: unknown, details: Readonly<Record<string, unknown>> = {}): AIClusterError {
  if (cause instanceof AIClusterError) return cause
  return clusterError('ssh', { detail: `board "${board}": ${doing}: ${plainCause(cause)}`, details: { board, ...details }, cause })
}
