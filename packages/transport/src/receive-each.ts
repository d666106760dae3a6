import type { Readable } from 'zeromq'
import { isInterrupted } from './uninterrupted'

/**
 * Hand every message that comes over a socket to `take`, until `ended`.
 *
 * @throws the socket's error, unless it has `ended` by then; a signal in between is none
 */
export async function receiveEach(
  socket: Pick<Readable<Buffer[]>, 'receive'>,
  ended: () => boolean,
  take: (frames: Buffer[]) => void,
): Promise<void> {
  while (!ended()) {
    let frames: Buffer[]
    try {
      frames = await socket.receive()
    } catch (error) {
      if (ended()) return
      if (isInterrupted(error)) continue
      throw error
    }
    take(frames)
  }
}
