import { open } from 'node:fs/promises'
import { type ChunkView, clusterError, type MissingContent } from '@aicluster/protocol'
import { unreadable } from './listed-tree'
import type { Slots } from './slots'

/** Times that the manager may fall back before it is given up: what it has lost is sent again. */
const MAX_ROUNDS = 10

/** How pieces leave, and who hears of it. */
export interface ContentWay {
  put(content: MissingContent, offset: number, data: Uint8Array): Promise<ChunkView>
  /** So many further bytes are there. */
  onBytes(bytes: number): void
  slots: Slots
  /** Largest piece that the manager takes. */
  pieceBytes: number
  signal: AbortSignal
}

/** Reads up to so many bytes at a place. */
type Read = (offset: number, length: number) => Promise<Uint8Array>

/** Send a file's content from where the manager has it. @throws InvalidArgumentError (301) it cannot be read, or was changed */
export async function sendFile(path: string, content: MissingContent, way: ContentWay): Promise<void> {
  const file = await open(path, 'r').catch((error) => {
    throw unreadable(path, error)
  })
  try {
    await sendContent(content, way, async (offset, length) => {
      // Of its own: it may have to be sent again.
      const piece = Buffer.allocUnsafeSlow(length)
      const { bytesRead } = await file.read(piece, 0, length, offset).catch((error) => {
        throw unreadable(path, error)
      })
      if (bytesRead === length) return piece
      throw clusterError('configFileUnreadable', {
        detail: `${path} was changed while it was sent: try again when nobody writes to it`,
        details: { path },
      })
    })
  } finally {
    await file.close()
  }
}

/** Send what is in memory. */
export const sendBytes = (bytes: Uint8Array, content: MissingContent, way: ContentWay): Promise<void> =>
  sendContent(content, way, async (offset, length) => bytes.subarray(offset, offset + length))

async function sendContent(content: MissingContent, way: ContentWay, read: Read): Promise<void> {
  let at = content.offset
  for (let round = 0; round < MAX_ROUNDS; round++) {
    at = await sendFrom(at, content, way, read)
    if (at === content.size) return
  }
  throw clusterError('internal', { detail: `the cluster has ${at} of ${content.size} bytes of a file, and does not take what follows` })
}

/** Send everything from a place on, several pieces at once. @returns how far the manager is in the end */
async function sendFrom(
  start: number,
  content: MissingContent,
  { put, onBytes, slots, pieceBytes, signal }: ContentWay,
  read: Read,
): Promise<number> {
  const { size } = content
  let there = start
  let fellBack = false
  const failed = new AbortController()
  const under: Promise<void>[] = []
  const send = async (offset: number, data: Uint8Array, release: () => void): Promise<void> => {
    try {
      const reply = await put(content, offset, data)
      fellBack ||= reply.offset < offset + data.length
      if (reply.offset > there) onBytes(reply.offset - there)
      there = fellBack ? reply.offset : Math.max(there, reply.offset)
    } catch (error) {
      failed.abort(error)
    } finally {
      release()
    }
  }
  // What is empty is a piece too.
  for (let offset = start; (offset < size || (size === 0 && under.length === 0)) && !fellBack && !failed.signal.aborted; ) {
    signal.throwIfAborted()
    const length = Math.min(pieceBytes, size - offset)
    const release = await slots.take()
    try {
      under.push(send(offset, await read(offset, length), release))
    } catch (error) {
      release()
      failed.abort(error)
    }
    offset += length
  }
  await Promise.all(under)
  failed.signal.throwIfAborted()
  return there
}
