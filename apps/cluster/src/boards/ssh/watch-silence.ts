import type { Socket } from 'node:net'

/** Ms between two looks at the bytes that came. */
const LOOK_MS = 250
/** Of the time between two looks, in ms, what is silence at the most: in the rest our own loop stood still. */
const COUNTED_MS = 2 * LOOK_MS

/**
 * Call `onSilent` once when nothing came through a socket for `silenceMs`.
 *
 * Any byte is a sign of life: on a slow link an upload may hold up the answers that ssh2's own keepalive waits for.
 * Time in which our own loop stood still is no silence: it has neither asked nor read.
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
  let lookedAt = now()
  let silentMs = 0
  let judging: NodeJS.Immediate | undefined
  const stop = (): void => {
    clearInterval(timer)
    clearImmediate(judging)
  }
  const look = (): void => {
    if (socket.bytesRead !== seen) {
      seen = socket.bytesRead
      silentMs = 0
    } else if (silentMs >= silenceMs) {
      stop()
      onSilent()
    }
  }
  const timer = setInterval(() => {
    const at = now()
    silentMs += Math.min(at - lookedAt, COUNTED_MS)
    lookedAt = at
    // Timers come before sockets: what has come while the loop stood still is only read now.
    judging = setImmediate(look)
  }, LOOK_MS)
  timer.unref()
  return stop
}
