import type { AIClusterError } from '@aicluster/protocol'
import { type Patience, within } from '../../within'
import { boardError } from '../board-error'

/** An Engine that has not answered a small question for so long, in ms, hangs. */
const LIMIT_MS = 4_000

/**
 * The answer of an Engine to a small question.
 *
 * @param onHung - called with the error, before it is thrown: others may be waiting for this Engine
 * @throws SshConnectionError (500) it hangs; what the question itself fails with
 */
export function unlessHung<T>(
  board: string,
  answer: Promise<T>,
  onHung: (why: AIClusterError) => void,
  how: Pick<Patience, 'after' | 'progress'> = {},
): Promise<T> {
  const hangs = `it does not answer (${LIMIT_MS} ms): if it goes on so, restart it (sudo systemctl restart docker)`
  const late = () => {
    const why = boardError(board, 'reach its Docker Engine', hangs, { reason: 'engine-hangs' })
    onHung(why)
    return why
  }
  return within(answer, { ms: LIMIT_MS, late, ...how })
}
