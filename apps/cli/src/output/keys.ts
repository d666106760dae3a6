import type { ReadStream } from 'node:tty'

/**
 * Each key that is pressed, at once and without echo. Where standard input is no terminal there are none.
 * @returns gives the terminal back as it was
 */
export function onKey(listener: (key: string) => void, stdin: ReadStream = process.stdin): () => void {
  if (!stdin.isTTY) return () => {}
  const onData = (keys: Buffer): void => {
    for (const key of keys.toString('latin1')) listener(key)
  }
  stdin.setRawMode(true)
  stdin.on('data', onData)
  return () => {
    stdin.off('data', onData)
    stdin.setRawMode(false)
    // Else it keeps the process alive.
    stdin.pause()
  }
}
