import { AIClusterError, ERROR_CODES } from '@aicluster/protocol'

/** Whether something failed because a board did not do its part (500): it cannot be reached, or an operation on it failed. */
export const isBoardFailure = (error: unknown): error is AIClusterError =>
  error instanceof AIClusterError && error.code === ERROR_CODES.ssh.code
