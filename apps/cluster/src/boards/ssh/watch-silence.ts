import type { Socket } from 'node:net'

/** Ms between two looks at the bytes that came. */
const LOOK_MS = 250
/** In which time a machine that is there answers, in ms, once our own loop goes on. */
const ANSWER_MS = 1_000

/**
 * Call `onSilent` once when nothing came through a socket for `silenceMs`.
 *
 * Any byte is a sign of life: on a slow link an upload may hold up the answers that ssh2's own keepalive waits for.
 *
 * @returns ends the watch
 */
export function watchSilence(
  socket: Socket,
  silenceMs: number,
  onSilent: () => void,
  now: () => number = () => performance.now(),
): () => void {
  let seen = socket.bytesRead
  let heardAt = now()
  let lookedAt = heardAt
  const timer = setInterval(() => {
    const at = now()
    // A loop that stood still has neither asked nor read: it gets the time for both.
    if (at - lookedAt > 4 * LOOK_MS) heardAt = Math.max(heardAt, at + ANSWER_MS - silenceMs)
    lookedAt = at
    if (socket.bytesRead !== seen) {
      seen = socket.bytesRead
      heardAt = at
    } else if (at - heardAt >= silenceMs) {
      clearInterval(timer)
      onSilent()
    }
  }, LOOK_MS)
  timer.unref()
  return () => clearInterval(timer)
}
