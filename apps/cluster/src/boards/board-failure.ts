import { AIClusterError, ERROR_CODES } from '@aicluster/protocol'

/**
 * Whether something failed because a board did not do its part (500): it cannot be reached, or an operation on it failed.
 * @param board - this one, and no other: what is given up because another board has failed gets that board's error
 */
export const isBoardFailure = (error: unknown, board?: string): error is AIClusterError =>
  error instanceof AIClusterError && error.code === ERROR_CODES.ssh.code && (board === undefined || error.details.board === board)
