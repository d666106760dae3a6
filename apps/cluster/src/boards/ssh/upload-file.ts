import { open } from 'node:fs/promises'
import type { Upload } from '../bring/bring-tree'
import type { SftpCalls } from './sftp-calls'

/** OpenSSH takes 255 KiB in one write. */
const PIECE_BYTES = 255 * 1024
/** Pieces on their way at once: together 2 MB, as much as a channel lets out. More would only keep others waiting on a slow link. */
const PIECES = 8

/**
 * Bring one file to a path where nothing is. Several pieces are on their way at once.
 *
 * @throws the signal's reason once it is aborted; Error when the file changes meanwhile; what has come stays
 */
export async function uploadFile(calls: SftpCalls, { from, to, mode, onBytes, signal }: Upload): Promise<void> {
  await using source = await open(from, 'r')
  const { size } = await source.stat()
  const handle = await calls.open(to, 'wx', mode)
  try {
    let next = 0
    const bringPieces = async (): Promise<void> => {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size))
      while (next < size) {
        signal.throwIfAborted()
        const at = next
        const length = Math.min(PIECE_BYTES, size - at)
        next += length
        const { bytesRead } = await source.read(piece, 0, length, at)
        if (bytesRead !== length) throw new Error(`${from} became shorter while it was read`)
        await calls.write(handle, piece.subarray(0, length), at)
        onBytes(length)
      }
    }
    await Promise.all(Array.from({ length: Math.min(PIECES, Math.ceil(size / PIECE_BYTES)) }, bringPieces))
    // The mode at its making was cut by the umask there.
    await calls.fchmod(handle, mode)
  } finally {
    // A connection that has gone has closed it.
    await calls.close(handle).catch(() => {})
  }
}
