import { createReadStream } from 'node:fs'
import type Docker from 'dockerode'
import type { BoardWork } from '../board'
import { wordsOf } from './engine-replies'
import type { ImageArchive } from './image-archive'
import { bytesOf } from './reply-bytes'

/** An Engine's reply to a load is short. */
const MAX_REPLY_BYTES = 1024 * 1024
/** Bytes read from the file at a time. */
const PIECE_BYTES = 256 * 1024

/** The Engine did not take an image for what is in the tar itself. */
export class DamagedImageError extends Error {}

const DAMAGED = /invalid diffID|unexpected EOF|archive\/tar|invalid checksum|unrecognized image format|digest mismatch|invalid tar header/i

/**
 * Stream a tar into an Engine. Broken off, it leaves nothing there: the Engine takes an image only when it has all of it.
 *
 * @returns what it calls the images that it has loaded: tags, or ids
 * @throws DamagedImageError; the signal's reason; what dockerode throws
 */
export async function loadImage(engine: Docker, archive: ImageArchive, { signal, onBytes, onPhase }: BoardWork): Promise<string[]> {
  const broken = new AbortController()
  const stop = signal ? AbortSignal.any([signal, broken.signal]) : broken.signal
  stop.throwIfAborted()
  const file = createReadStream(archive.path, { highWaterMark: PIECE_BYTES })
  let done = 0
  onPhase?.('upload')
  file.on('data', (chunk) => {
    done += chunk.length
    onBytes?.(Math.min(done, archive.size), archive.size)
    if (done >= archive.size) onPhase?.('load')
  })
  file.on('error', (error) => broken.abort(error))
  try {
    const reply = await engine.loadImage(file, { quiet: true, abortSignal: stop })
    return loadedNames((await bytesOf(reply, MAX_REPLY_BYTES)).toString('utf8'))
  } catch (error) {
    signal?.throwIfAborted()
    if (broken.signal.aborted) throw broken.signal.reason
    if (DAMAGED.test(wordsOf(error))) throw new DamagedImageError(wordsOf(error), { cause: error })
    throw error
  } finally {
    file.destroy()
  }
}

function loadedNames(text: string): string[] {
  const names: string[] = []
  for (const line of text.split('\n')) {
    let message: { error?: unknown; stream?: unknown }
    try {
      message = JSON.parse(line)
    } catch {
      continue
    }
    if (typeof message.error === 'string') throw new Error(message.error)
    const [, name] = /^Loaded image(?: ID)?: (\S+)/.exec(String(message.stream ?? '')) ?? []
    if (name !== undefined) names.push(name)
  }
  return names
}
