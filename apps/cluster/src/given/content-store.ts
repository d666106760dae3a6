import { createHash, type Hash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterError } from '@aicluster/protocol'
import { asDiskFull } from './disk-full'

/** One content: what is executable is kept apart, since links to it share its mode. */
export interface Content {
  sha256: string
  size: number
  executable: boolean
}

/** A piece of a content. */
export interface Piece extends Content {
  offset: number
  data: Uint8Array
}

/** A content that nobody uses, or that is not complete, goes after this time, in ms. */
export const UNUSED_MS = 3_600_000
/** Contents on their way whose hash is kept at hand; that of others is computed anew from what is there. */
const MAX_ARRIVING = 256

interface Arriving {
  have: number
  hash: Hash
}

const keyOf = ({ sha256, executable }: Pick<Content, 'sha256' | 'executable'>): string => (executable ? `${sha256}.x` : sha256)
const isExecutable = (key: string): boolean => key.includes('.x')

/** Contents by their SHA-256, each of which counts only once all of it is there and has this hash. */
export class ContentStore {
  #bytes = 0
  readonly #arriving = new Map<string, Arriving>()
  /** By content: the end of what is being done with it. */
  readonly #turns = new Map<string, Promise<unknown>>()

  /** @param limitBytes - for all that is kept, parts included */
  constructor(
    private readonly folder: string,
    readonly limitBytes: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Bytes that are kept, parts included. */
  get bytes(): number {
    return this.#bytes
  }

  /** Make the folders, and look at what an earlier manager has left. */
  async open(): Promise<void> {
    for (const folder of [this.#whole, this.#parts]) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      for (const name of await readdir(folder)) this.#bytes += (await stat(join(folder, name))).size
    }
  }

  /** Where a complete content is: a file that may be linked to, and is never written. */
  place(content: Pick<Content, 'sha256' | 'executable'>): string {
    return join(this.#whole, keyOf(content))
  }

  /**
   * Link to a complete content. A file has only so many links: where they are used up, further copies of it are kept, which count.
   * @returns whether the content is there
   * @throws InvalidArgumentError (302) a further copy does not fit
   */
  async linkTo(content: Pick<Content, 'sha256' | 'executable'>, to: string): Promise<boolean> {
    for (let copy = 0; ; copy++) {
      const key = copy === 0 ? keyOf(content) : `${keyOf(content)}.${copy}`
      const place = join(this.#whole, key)
      try {
        if (copy > 0) await this.#inTurn(key, async () => existsSync(place) || this.#copyAs(key, this.place(content)))
        await link(place, to)
        return true
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENOENT') return false
        if (code !== 'EMLINK') throw error
      }
    }
  }

  /**
   * How many bytes of a content are there; undefined: all of it, and it is kept for an hour from now on.
   * @throws InvalidArgumentError (302) the disk is full
   */
  async offsetOf(content: Content): Promise<number | undefined> {
    return this.#inTurn(keyOf(content), async () => {
      if ((await this.#touch(content)) || (await this.#copyTwin(content))) return undefined
      return (await sizeOf(this.#part(content))) ?? 0
    })
  }

  /**
   * Take a piece. One that does not follow on what is there is passed over.
   * @returns how many bytes are there now
   * @throws InvalidArgumentError (302) the content has another hash or size than it should: nothing of it stays; it does not fit
   */
  async put(piece: Piece): Promise<number> {
    const { size, offset, data } = piece
    if (offset + data.length > size) throw refuse(piece, `a piece of ${data.length} bytes at ${offset} goes beyond its ${size} bytes`)
    return this.#inTurn(keyOf(piece), async () => {
      if (await this.#touch(piece)) return size
      const arriving = await this.#arrivingOf(piece)
      const fresh = data.subarray(Math.max(0, arriving.have - offset))
      if (offset > arriving.have || (fresh.length === 0 && arriving.have < size)) return arriving.have
      await this.requireRoom(fresh.length)
      await this.#append(piece, arriving, fresh)
      if (arriving.have < size) return arriving.have
      await this.#complete(piece, arriving)
      return size
    })
  }

  /** @throws InvalidArgumentError (302) so many further bytes would be too many, naming the limit */
  async requireRoom(bytes: number): Promise<void> {
    const fits = () => bytes === 0 || this.#bytes + bytes <= this.limitBytes
    if (!fits()) await this.sweep()
    if (fits()) return
    throw clusterError('invalidParameter', {
      detail: `the files to be sent are ${bytes} bytes more, and the manager keeps ${this.#bytes} of at most ${this.limitBytes} (limits.max_sent_files_bytes in cluster.yaml): unload inferences, or raise it`,
      details: { bytes, kept: this.#bytes, limit: this.limitBytes },
    })
  }

  /** What no tree holds, or is not complete, and was not touched for an hour, goes. */
  async sweep(): Promise<void> {
    for (const folder of [this.#whole, this.#parts]) {
      for (const key of await readdir(folder)) await this.#sweepOne(folder, key)
    }
  }

  async #sweepOne(folder: string, key: string): Promise<void> {
    const path = join(folder, key)
    const isUnused = async () => {
      const stats = await stat(path).catch(() => undefined)
      return stats && stats.nlink === 1 && stats.mtimeMs < this.now() - UNUSED_MS ? stats : undefined
    }
    if (!(await isUnused()) || this.#turns.has(key)) return
    await this.#inTurn(key, async () => {
      const stats = await isUnused()
      if (!stats) return
      this.#arriving.delete(key)
      await rm(path, { force: true })
      this.#bytes -= stats.size
    })
  }

  get #whole(): string {
    return join(this.folder, 'contents')
  }

  get #parts(): string {
    return join(this.folder, 'parts')
  }

  #part(content: Pick<Content, 'sha256' | 'executable'>): string {
    return join(this.#parts, keyOf(content))
  }

  /** Whether it is there; then it counts as just used. */
  async #touch(content: Content): Promise<boolean> {
    const time = new Date(this.now())
    return utimes(this.place(content), time, time).then(
      () => true,
      () => false,
    )
  }

  /** The same bytes, executable or not, are here already. */
  async #copyTwin(content: Content): Promise<boolean> {
    const twin = this.place({ ...content, executable: !content.executable })
    if ((await sizeOf(twin)) === undefined) return false
    await this.#copyAs(keyOf(content), twin)
    return true
  }

  /** The same bytes once more, under another key. @throws InvalidArgumentError (302) they do not fit */
  async #copyAs(key: string, from: string): Promise<void> {
    const { size } = await stat(from)
    await this.requireRoom(size)
    const part = join(this.#parts, key)
    this.#arriving.delete(key)
    const before = (await sizeOf(part)) ?? 0
    try {
      await copyFile(from, part)
    } catch (error) {
      await this.#drop(key, before)
      throw asDiskFull(error, `a content of ${size} bytes`)
    }
    this.#bytes += size - before
    await this.#takePlace(key)
  }

  async #arrivingOf(content: Content): Promise<Arriving> {
    const key = keyOf(content)
    const known = this.#arriving.get(key)
    if (known) return known
    const arriving = { have: 0, hash: createHash('sha256') }
    if ((await sizeOf(this.#part(content))) !== undefined) {
      for await (const bytes of createReadStream(this.#part(content))) {
        arriving.hash.update(bytes as Buffer)
        arriving.have += (bytes as Buffer).length
      }
    }
    if (this.#arriving.size >= MAX_ARRIVING) {
      const oldest = [...this.#arriving.keys()].find((other) => !this.#turns.has(other))
      if (oldest !== undefined) this.#arriving.delete(oldest)
    }
    this.#arriving.set(key, arriving)
    return arriving
  }

  async #append(content: Content, arriving: Arriving, bytes: Uint8Array): Promise<void> {
    try {
      await using file = await open(this.#part(content), 'a', 0o600)
      await file.appendFile(bytes)
      const time = new Date(this.now())
      await file.utimes(time, time)
    } catch (error) {
      await this.#drop(keyOf(content), arriving.have)
      throw asDiskFull(error, `a content of ${content.size} bytes`)
    }
    arriving.hash.update(bytes)
    arriving.have += bytes.length
    this.#bytes += bytes.length
  }

  async #complete(content: Content, { have, hash }: Arriving): Promise<void> {
    const digest = hash.digest('hex')
    this.#arriving.delete(keyOf(content))
    if (digest !== content.sha256 || have !== content.size) {
      await this.#drop(keyOf(content), have)
      throw refuse(content, `what came is ${have} bytes with ${digest}: the file was changed while it was sent, try again`)
    }
    await this.#takePlace(keyOf(content))
  }

  async #takePlace(key: string): Promise<void> {
    const [part, place] = [join(this.#parts, key), join(this.#whole, key)]
    {
      await using file = await open(part, 'r+')
      await file.chmod(isExecutable(key) ? 0o755 : 0o644)
      await file.sync()
    }
    await rename(part, place)
    const time = new Date(this.now())
    await utimes(place, time, time)
  }

  async #drop(key: string, counted: number): Promise<void> {
    this.#arriving.delete(key)
    await rm(join(this.#parts, key), { force: true })
    this.#bytes -= counted
  }

  async #inTurn<T>(key: string, action: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(key) ?? Promise.resolve()
    const done = before.then(action, action)
    const turn = done.catch(() => {})
    this.#turns.set(key, turn)
    try {
      return await done
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key)
    }
  }
}

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  )

const refuse = ({ sha256 }: Content, why: string): Error =>
  clusterError('invalidParameter', { detail: `content ${sha256}: ${why}`, details: { sha256 } })
