import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type ImageConfig, writeImageTar } from './image-tar'
import { type LayerEntry, writeLayer } from './layer'

/** Part of every key: another number makes every image anew. */
const FORMAT = 1
const UNUSED_AFTER_MS = 24 * 3_600_000

/** An image as `docker save` would have written it. */
export interface ImageFile {
  /** Absolute. */
  file: string
  /** As the Engine names it. */
  tag: string
  /** As the Engine numbers it: `sha256:…`. */
  id: string
}

export interface ImageOptions {
  /** Where images are kept from one run to the next. Default: in /var/lib/aicluster-rig for root, in ~/.cache for others. */
  folder?: string | undefined
  /** Compressed, at the fastest level. Default false. */
  gzip?: boolean | undefined
}

/** What an image is made of: each list of entries is a layer. What `entries` gives must not depend on anything else. */
export interface ImagePlan {
  name: string
  layers: LayerEntry[][]
  config: ImageConfig
}

const defaultFolder = (): string =>
  process.getuid?.() === 0 ? '/var/lib/aicluster-rig/images' : join(homedir(), '.cache/aicluster-rig/images')

/** A plan as a file: made once, found again by everything that it is made of. */
export async function imageFile(
  { name, layers, config }: ImagePlan,
  { folder = defaultFolder(), gzip = false }: ImageOptions = {},
): Promise<ImageFile> {
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const base = join(folder, `${name}-${await keyOf(layers, config)}`)
  const tar = `${base}.tar`
  if (!existsSync(tar) || !existsSync(`${base}.id`)) {
    const work = await mkdtemp(join(folder, '.making-'))
    try {
      const written = []
      for (const [index, entries] of layers.entries()) written.push(await writeLayer(join(work, `layer${index}`), entries))
      const id = await writeImageTar(join(work, 'image'), written, config)
      await writeFile(join(work, 'id'), id)
      await rename(join(work, 'id'), `${base}.id`)
      await rename(join(work, 'image'), tar)
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  }
  const file = gzip ? `${tar}.gz` : tar
  if (gzip && !existsSync(file)) await compress(tar, file)
  const id = await readFile(`${base}.id`, 'utf8')
  const now = new Date()
  for (const path of [tar, file, `${base}.id`]) await utimes(path, now, now)
  await forgetUnused(folder)
  return { file, tag: config.tag, id }
}

async function keyOf(layers: LayerEntry[][], config: ImageConfig): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([FORMAT, process.arch, config]))
  for (const [index, entries] of layers.entries()) {
    for (const entry of entries) {
      const content = 'from' in entry ? await digestOf(entry.from) : entry
      hash.update(JSON.stringify([index, entry.path, entry.mode, content]))
    }
  }
  return hash.digest('hex').slice(0, 16)
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

async function compress(tar: string, file: string): Promise<void> {
  const half = `${file}.${process.pid}.half`
  await pipeline(createReadStream(tar), createGzip({ level: 1 }), createWriteStream(half))
  await rename(half, file)
}

/** Every build of ours makes other images: those that nobody has asked for since yesterday go. */
async function forgetUnused(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > UNUSED_AFTER_MS) await rm(path, { recursive: true, force: true })
  }
}
