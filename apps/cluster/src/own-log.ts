import { copyFile, stat, truncate } from 'node:fs/promises'

/** A longer log is put aside, in bytes. */
const LOG_LIMIT_BYTES = 5 * 1024 * 1024
/** Between two looks, in ms. */
const CHECK_MS = 5_000
const STDERR = '/dev/stderr'

export interface OwnLogOptions {
  limitBytes?: number
  /** What this process writes to. */
  written?: string
}

/**
 * Put this process's own log aside as `manager.log.1` when it has grown too long. It is copied and then cut, for both threads write to one
 * descriptor that appends; what is written in between is lost.
 *
 * @param path - the file that `aicluster up --detach` makes of stderr. Whatever else stderr may be is left alone
 */
export async function shortenOwnLog(path: string, { limitBytes = LOG_LIMIT_BYTES, written = STDERR }: OwnLogOptions = {}): Promise<void> {
  const [file, target] = await Promise.all([stat(path), stat(written)])
  if (file.ino !== target.ino || file.dev !== target.dev || file.size <= limitBytes) return
  await copyFile(path, `${path}.1`)
  await truncate(path)
}

/** Look from time to time. @param onError - told of the first failure */
export function watchOwnLog(path: string, onError: (error: Error) => void): void {
  let failed = false
  const look = () =>
    shortenOwnLog(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && !failed) onError(error)
      failed ||= error.code !== 'ENOENT'
    })
  setInterval(look, CHECK_MS).unref()
}
