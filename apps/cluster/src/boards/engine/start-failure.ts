import { AIClusterError, clusterError } from '@aicluster/protocol'
import { boardError } from '../board-error'
import { cleanText } from '../plain-cause'
import { statusOf, wordsOf } from './engine-replies'

/** An Engine that cannot start a container says why: that is the container's fault (311), unless it is the board's (500). */
export function startFailure(board: string, container: string, error: unknown): AIClusterError {
  if (error instanceof AIClusterError) return error
  const words = wordsOf(error)
  if (statusOf(error) === undefined || /no space left on device/i.test(words))
    return boardError(board, `start container "${container}"`, error)
  return clusterError('containerStart', {
    detail: `board "${board}", container "${container}": the Engine says: ${cleanText(words)}`,
    details: { board, container },
    cause: error,
  })
}
