import { open } from 'node:fs/promises'
import type { Upload } from '../bring/bring-tree'
import type { SftpCalls } from './sftp-calls'
import { Slots } from './slots'

/** OpenSSH takes 255 KiB in one write. */
const PIECE_BYTES = 255 * 1024
/** Pieces of one connection's files on their way at once, at the most; a channel lets out 2 MB, the rest keeps it busy. */
const MOST_PIECES = 16
/** A piece that took longer waited behind others, and so does all else on the connection, in ms. */
const SLOW_MS = 500
/** One that was faster leaves room for another, in ms. */
const FAST_MS = 250

/** For the pieces of all files that go over one connection. */
export const pieceSlots = (): Slots => new Slots(MOST_PIECES / 2)

/**
 * Bring one file to a path where nothing is. Several pieces are on their way at once.
 *
 * @param pieces - see {@link pieceSlots}
 * @throws the signal's reason once it is aborted; Error when the file changes meanwhile; what has come stays
 */
export async function uploadFile(calls: SftpCalls, pieces: Slots, { from, to, mode, onBytes, signal }: Upload): Promise<void> {
  await using source = await open(from, 'r')
  const { size } = await source.stat()
  const handle = await calls.open(to, 'wx', mode)
  try {
    let next = 0
    const bringPieces = async (): Promise<void> => {
      while (next < size) {
        const at = next
        const length = Math.min(PIECE_BYTES, size - at)
        next += length
        await pieces.run(async () => {
          signal.throwIfAborted()
          const piece = Buffer.allocUnsafe(length)
          const { bytesRead } = await source.read(piece, 0, length, at)
          if (bytesRead !== length) throw new Error(`${from} became shorter while it was read`)
          const startedMs = performance.now()
          await calls.write(handle, piece, at)
          adapt(pieces, performance.now() - startedMs)
        })
        onBytes(length)
      }
    }
    await Promise.all(Array.from({ length: Math.min(MOST_PIECES, Math.ceil(size / PIECE_BYTES)) }, bringPieces))
    // The mode at its making was cut by the umask there.
    await calls.fchmod(handle, mode)
  } finally {
    // A connection that has gone has closed it.
    await calls.close(handle).catch(() => {})
  }
}

/** As many as go through in half a second: on a slow link more would only keep others waiting. */
function adapt(pieces: Slots, tookMs: number): void {
  if (tookMs > SLOW_MS && pieces.limit > 1) pieces.limit--
  else if (tookMs < FAST_MS && pieces.limit < MOST_PIECES) pieces.limit++
}
