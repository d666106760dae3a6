import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Header, pack } from 'tar-stream'

/** A file or a link of an image; the folders above it come by themselves. */
export type LayerEntry = { path: string; mode?: number } & (
  | { from: string }
  | { content: string | Buffer }
  | { linkTo: string }
  | { folder: true }
)

/** A layer as a tar on disk. */
export interface Layer {
  file: string
  /** `sha256:…` of the tar. */
  digest: string
  bytes: number
}

/** Always the same, so that the same content is the same image. */
const MADE_AT = new Date(0)

const parentsOf = (path: string): string[] => (dirname(path) === '.' ? [] : [...parentsOf(dirname(path)), dirname(path)])

/** Write entries as a layer: sorted, owned by root, without times. Paths are relative to the image's root. */
export async function writeLayer(file: string, entries: readonly LayerEntry[]): Promise<Layer> {
  const byPath = new Map<string, LayerEntry>()
  for (const { path } of entries) for (const parent of parentsOf(path)) byPath.set(parent, { path: parent, folder: true })
  for (const entry of entries) byPath.set(entry.path, entry)
  const tar = pack()
  const hash = createHash('sha256')
  let bytes = 0
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  const written = pipeline(tar, count, createWriteStream(file))
  const fed = (async () => {
    for (const path of [...byPath.keys()].sort()) await addEntry(tar, byPath.get(path) as LayerEntry)
    tar.finalize()
  })()
  await Promise.all([fed, written])
  return { file, digest: `sha256:${hash.digest('hex')}`, bytes }
}

type Pack = ReturnType<typeof pack>
type Headers = Partial<Header> & Pick<Header, 'name'>

async function addEntry(tar: Pack, entry: LayerEntry): Promise<void> {
  const common = { name: entry.path, mtime: MADE_AT, uid: 0, gid: 0 }
  if ('folder' in entry) return addContent(tar, { ...common, type: 'directory', mode: entry.mode ?? 0o755 })
  if ('linkTo' in entry) return addContent(tar, { ...common, type: 'symlink', linkname: entry.linkTo, mode: 0o777 })
  if ('content' in entry) return addContent(tar, { ...common, mode: entry.mode ?? 0o644 }, Buffer.from(entry.content as string))
  await addFile(tar, { ...common, mode: entry.mode ?? 0o644 }, entry.from)
}

function addContent(tar: Pack, headers: Headers, content?: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve())
    if (content === undefined) tar.entry(headers, done)
    else tar.entry(headers, content, done)
  })
}

/** Add a file of this machine to a tar. */
export async function addFile(tar: Pack, headers: Headers, from: string): Promise<void> {
  const { size } = await stat(from)
  await pipeline(createReadStream(from, { highWaterMark: 1 << 20 }), tar.entry({ ...headers, size }))
}
