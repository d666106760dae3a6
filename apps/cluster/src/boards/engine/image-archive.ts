import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { type ArchiveImage, ImageArchiveError, imagesOf } from './image-manifest'

/** Larger JSON files are no manifests. */
const MAX_JSON_BYTES = 4 * 1024 * 1024
/** JSON of an archive in all, and its entries. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024
const MAX_ENTRIES = 100_000

/** An image tar on this machine. */
export interface ImageArchive {
  path: string
  /** Bytes of the file, as they travel. */
  size: number
  images: ArchiveImage[]
}

/** What an archive holds, as far as it says what is in it. */
export interface ArchiveContent {
  /** Its small files, by name. */
  json: ReadonlyMap<string, Buffer>
  names: ReadonlySet<string>
}

/** Archives that were read: the same file goes to several boards. */
const known = new Map<string, Promise<ImageArchive>>()
const MAX_KNOWN = 32

/**
 * Read what a `docker save` tar (plain or gzip) holds, without loading it anywhere. A file that has not changed is read once.
 *
 * @throws ImageArchiveError it is none, or is damaged; the system's own error where it cannot be read
 */
export async function readImageArchive(path: string): Promise<ImageArchive> {
  const { size, mtimeMs, ino } = await stat(path)
  const key = JSON.stringify([path, size, mtimeMs, ino])
  let archive = known.get(key)
  if (!archive) {
    archive = readArchive(path, size)
    known.set(key, archive)
    archive.catch(() => known.delete(key))
    for (const oldest of known.keys()) if (known.size > MAX_KNOWN) known.delete(oldest)
  }
  return archive
}

async function readArchive(path: string, size: number): Promise<ImageArchive> {
  return { path, size, images: imagesOf(await contentOf(path)) }
}

async function contentOf(path: string): Promise<ArchiveContent> {
  const kind = await compressionOf(path)
  if (kind === 'zstd' || kind === 'xz' || kind === 'bzip2')
    throw new ImageArchiveError(`is compressed by ${kind}, give it plain or as gzip`)
  const file = createReadStream(path)
  const content = new ContentReader()
  const tar = extract()
  const stages = kind === 'gzip' ? [file, createGunzip(), tar] : [file, tar]
  tar.on('entry', (header, stream, next) => {
    content.take(header, stream as unknown as Readable).then(
      () => next(),
      (error) => tar.destroy(error),
    )
  })
  try {
    await pipe(stages)
  } catch (error) {
    if (error instanceof ImageArchiveError || (error as NodeJS.ErrnoException).syscall !== undefined) throw error
    throw new ImageArchiveError(`is damaged, or no tar at all: ${(error as Error).message}`)
  }
  if (content.names.size === 0) throw new ImageArchiveError('is empty, or no tar at all')
  return content
}

/** What `pipeline` does, which does not know the kind of stream that tar-stream has. */
function pipe(stages: (NodeJS.ReadableStream | NodeJS.WritableStream)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const destroyAll = (error: Error) => {
      for (const stage of stages) (stage as unknown as Readable).destroy(error)
      reject(error)
    }
    for (const [index, stage] of stages.entries()) {
      stage.on('error', destroyAll)
      const next = stages[index + 1]
      if (next) (stage as NodeJS.ReadableStream).pipe(next as NodeJS.WritableStream)
      else stage.on('finish', resolve)
    }
  })
}

/** Keeps the small files of a tar and forgets the rest. */
class ContentReader implements ArchiveContent {
  readonly json = new Map<string, Buffer>()
  readonly names = new Set<string>()
  #kept = 0

  async take(header: Header, stream: Readable): Promise<void> {
    const name = header.name.replace(/^\.\//, '')
    if (this.names.size >= MAX_ENTRIES) throw new ImageArchiveError(`has more than ${MAX_ENTRIES} entries`)
    this.names.add(name)
    const size = header.size ?? 0
    const wanted = header.type === 'file' && size <= MAX_JSON_BYTES && (name.endsWith('.json') || name.startsWith('blobs/'))
    if (!wanted || (!name.endsWith('.json') && this.#kept + size > MAX_KEPT_BYTES)) {
      for await (const _ of stream);
      return
    }
    this.#kept += size
    if (this.#kept > MAX_KEPT_BYTES) throw new ImageArchiveError('holds more JSON than any image')
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    // A blob that is no JSON is a small layer.
    if (bytes[0] === 0x7b || bytes[0] === 0x5b) this.json.set(name, bytes)
    else this.#kept -= size
  }
}

const MAGIC: [string, string][] = [
  ['1f8b', 'gzip'],
  ['28b52ffd', 'zstd'],
  ['fd377a585a00', 'xz'],
  ['425a68', 'bzip2'],
]

async function compressionOf(path: string): Promise<string | undefined> {
  await using file = await open(path, 'r')
  const { buffer } = await file.read(Buffer.alloc(6), 0, 6, 0)
  const start = buffer.toString('hex')
  return MAGIC.find(([magic]) => start.startsWith(magic))?.[1]
}
