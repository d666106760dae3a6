import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ContainerConfig, clusterError, MAX_TREE_LIST_BYTES, type GivenFiles as NamedTrees } from '@aicluster/protocol'
import type { Logger } from 'pino'
import { ContentStore } from './content-store'
import { asDiskFull } from './disk-full'
import { placedConfig, type Sources } from './placed-config'
import { nameOf, parseTreeList, type TreeList } from './tree-list'

/** How often it is looked whether something can be cleared away, in ms. */
const SWEEP_INTERVAL_MS = 600_000
/** Trees whose path is kept at hand, for errors. */
const MAX_PATHS = 100_000
/** Levels that a message may have; an error may hold anything, also what holds itself. */
const MAX_MESSAGE_DEPTH = 100

export interface GivenFilesOptions {
  /** Of its own, in the state folder. */
  folder: string
  limitBytes: number
  /** What is registered; undefined while somebody's record cannot be read: then nothing goes. */
  registered: () => readonly Pick<Sources, 'trees'>[] | undefined
  log: Logger
  now?: () => number
}

/** Files that applications have sent: trees, put together from contents, for as long as anybody names them. */
export class GivenFiles {
  readonly contents: ContentStore
  /** Trees that commands in progress name, one entry a command. */
  readonly #held = new Set<readonly string[]>()
  /** The application's path of each tree that was named of late. */
  readonly #paths = new Map<string, string>()
  /** The list that was read last: it is asked for page by page. */
  #last: { tree: string; list: TreeList } | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly options: GivenFilesOptions) {
    this.contents = new ContentStore(join(options.folder, 'store'), options.limitBytes, options.now)
  }

  /** Make the folders, clear away what an earlier manager has left, and go on doing so from time to time. */
  async open(): Promise<void> {
    await mkdir(this.#trees, { recursive: true, mode: 0o700 })
    await this.contents.open()
    for (const { trees = {} } of this.options.registered() ?? []) this.#remember(Object.entries(trees))
    await this.sweep()
    this.#timer = setInterval(() => void this.sweep(), SWEEP_INTERVAL_MS).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /**
   * Carry out a command with the trees that it names, put together; afterwards those go that nobody names any more.
   * @param action - gets the trees by path
   * @throws InvalidArgumentError (302) a tree, or a content of it, was not sent; the disk is full. What `action` throws
   */
  async using<T>(files: NamedTrees | undefined, action: (trees: ReadonlyMap<string, string>) => Promise<T>): Promise<T> {
    if (!files || files.length === 0) return action(new Map())
    return this.holding([Object.fromEntries(files.map(({ path, tree }) => [path, tree]))], async () => {
      for (const { path, tree } of files) await this.#inTurn(() => this.#make(tree, path))
      return action(new Map(files.map(({ path, tree }) => [path, tree])))
    })
  }

  /** Whatever becomes of what is registered, these trees stay until the action has ended. */
  async holding<T>(trees: readonly Sources['trees'][], action: () => Promise<T>): Promise<T> {
    const hold = trees.flatMap((own) => Object.values(own ?? {}))
    if (hold.length === 0) return action()
    this.#held.add(hold)
    try {
      return await action()
    } finally {
      this.#held.delete(hold)
      await this.clear()
    }
  }

  /** Where a tree lies, under its own name. */
  placeOf(tree: string, path: string): string {
    return join(this.#trees, tree, 'files', nameOf(path))
  }

  /** The config that boards get. */
  placed(sources: Sources): ContainerConfig {
    this.#remember(Object.entries(sources.trees ?? {}))
    return placedConfig(sources, (tree, path) => this.placeOf(tree, path))
  }

  /** Anything in an error with the application's paths instead of our places. What nests deeper than any message may stays as it is. */
  inOwnWords<T>(value: T, depth = 0): T {
    if (typeof value === 'string') return this.#withPaths(value) as T
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || depth > MAX_MESSAGE_DEPTH) return value
    if (Array.isArray(value)) return value.map((item) => this.inOwnWords(item, depth + 1)) as T
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.inOwnWords(inner, depth + 1)])) as T
  }

  /**
   * A tree's list.
   * @returns undefined: it was not sent, or not all of it
   * @throws InvalidArgumentError (302) what was sent is no list
   */
  async list(tree: string): Promise<TreeList | undefined> {
    const place = this.contents.place({ sha256: tree, executable: false })
    if (this.#last?.tree === tree && existsSync(place)) return this.#last.list
    const size = await stat(place).then(
      (stats) => stats.size,
      () => undefined,
    )
    if (size === undefined) return undefined
    // Judged before it is read: any content may be named as a list, one of gigabytes as well.
    if (size > MAX_TREE_LIST_BYTES) {
      throw clusterError('invalidParameter', { detail: `the list of a tree has ${size} bytes, it may have ${MAX_TREE_LIST_BYTES}` })
    }
    const list = parseTreeList(await readFile(place))
    this.#last = { tree, list }
    return list
  }

  /** Trees that nobody names any more go. */
  clear(): Promise<void> {
    return this.#inTurn(async () => {
      for (const tree of await readdir(this.#trees)) {
        const registered = this.options.registered()
        if (!registered) return
        const named = [...registered.map(({ trees = {} }) => Object.values(trees)), ...this.#held]
        if (named.some((trees) => trees.includes(tree))) continue
        await rm(join(this.#trees, tree), { recursive: true, force: true })
      }
    }).catch((error) => this.options.log.error({ err: error }, 'files that applications sent could not be cleared away'))
  }

  /** {@link clear}, and contents that nobody has used for an hour go too. */
  async sweep(): Promise<void> {
    await this.clear()
    await this.contents.sweep().catch((error) => this.options.log.error({ err: error }, 'contents could not be cleared away'))
  }

  get #trees(): string {
    return join(this.options.folder, 'trees')
  }

  #remember(trees: readonly (readonly [path: string, tree: string])[]): void {
    for (const [path, tree] of trees) {
      // The last to be named is the last to be forgotten: errors about a tree may come when it is gone.
      this.#paths.delete(tree)
      this.#paths.set(tree, path)
    }
    for (const tree of this.#paths.keys()) {
      if (this.#paths.size <= MAX_PATHS) return
      this.#paths.delete(tree)
    }
  }

  #withPaths(text: string): string {
    if (!text.includes(this.#trees)) return text
    return text.replace(new RegExp(`${escaped(this.#trees)}/([0-9a-f]{64})/files(?=/)`, 'g'), (place, tree: string) => {
      const path = this.#paths.get(tree)
      if (path === undefined) return place
      // Within a message it may stand in quotes.
      const folder = JSON.stringify(dirname(path)).slice(1, -1)
      return folder === '/' ? '' : folder
    })
  }

  async #make(tree: string, path: string): Promise<void> {
    this.#remember([[path, tree]])
    const folder = join(this.#trees, tree)
    if (existsSync(this.placeOf(tree, path))) return
    const list = await this.list(tree)
    if (!list || list.path !== path) {
      const why = list ? `it is that of ${JSON.stringify(list.path)}` : 'its list was not sent'
      throw clusterError('invalidParameter', {
        detail: `files: the tree ${tree} of ${JSON.stringify(path)} is not there: ${why}`,
        details: { field: 'files', value: path },
      })
    }
    const fresh = join(this.#trees, `.new-${randomBytes(8).toString('hex')}`)
    try {
      await this.#fill(join(fresh, 'files', nameOf(path)), list)
      // The list stays as long as the tree: the same files need not be listed again.
      await this.contents.linkTo({ sha256: tree, executable: false }, join(fresh, 'list'))
      await rm(folder, { recursive: true, force: true })
      await rename(fresh, folder)
    } catch (error) {
      await rm(fresh, { recursive: true, force: true })
      throw asDiskFull(error, `what was sent of ${path}`)
    }
  }

  async #fill(root: string, { path, entries }: TreeList): Promise<void> {
    await mkdir(dirname(root), { recursive: true, mode: 0o700 })
    for (const entry of entries) {
      const to = entry.place === '' ? root : join(root, entry.place)
      if (entry.kind === 'folder') await mkdir(to, { mode: 0o755 })
      else if (!(await this.contents.linkTo(entry, to))) throw notSent(path, entry.place)
    }
  }

  async #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(action, action)
    this.#turn = done.catch(() => {})
    return done
  }
}

const notSent = (path: string, place: string): Error =>
  clusterError('invalidParameter', {
    detail: `files: the content of ${JSON.stringify(place)} in ${JSON.stringify(path)} was not sent`,
    details: { field: 'files', value: path, place },
  })

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
