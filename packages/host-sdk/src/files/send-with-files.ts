import {
  AIClusterError,
  type ChunkView,
  type CommandInput,
  type CommandName,
  clusterError,
  ERROR_CODES,
  errorFromHeader,
  errorHeader,
  FILE_CHUNK_BYTES,
  type GivenFiles,
  type MissingContent,
  type MissingContentsView,
  type OfferedFile,
  type OfferView,
} from '@aicluster/protocol'
import { aborted, type LongCallOptions, untilGivenUp } from '../call-options'
import { recordOf } from '../commands/replies'
import { type ListedTree, listTree } from './listed-tree'
import { type FileCommand, type NamedFiles, namedFiles, offerOf } from './named-files'
import { type ContentWay, sendBytes, sendFile } from './send-content'
import { Slots } from './slots'
import { UploadProgress } from './upload-progress'

/** Pieces on their way at once: enough for a fast line, little enough for a slow one. */
const PIECES = 4
/** Paths offered in one command. */
const OFFERS = 1000

/** What stands around a piece in its command, at the most. */
const AROUND_A_PIECE_BYTES = 1024

/** How commands leave, each once the one before may have been answered or not. */
export interface CommandWay {
  send(command: CommandInput<CommandName>, options: LongCallOptions): Promise<unknown>
  /** The command that the caller has called for. */
  sendOwn(command: FileCommand, options: LongCallOptions): Promise<unknown>
  /** Aborted when nothing can be sent any more; with the error that open commands end with. */
  ended: AbortSignal
  /** Largest command that the manager takes. */
  maxBodyBytes: number
  progress: NonNullable<LongCallOptions['onProgress']>
}

/**
 * Send a command whose files the manager may not see: what it lacks of them goes before.
 *
 * @param requestNo - the number that the caller is told
 * @throws InvalidArgumentError (301) a file cannot be read, or was changed meanwhile; (302) it cannot be sent, or does not fit there;
 *   what the command is refused with, RequestAbortedError (312), RequestTimeoutError (313), ConnectionFailedError (111)
 */
export async function sendWithFiles(command: FileCommand, requestNo: string, options: LongCallOptions, way: CommandWay): Promise<unknown> {
  const stop = new AbortController()
  const onEnded = () => stop.abort(way.ended.reason)
  way.ended.addEventListener('abort', onEnded, { once: true })
  try {
    return await untilGivenUp(options, command.cmd, async (givenUp) => {
      givenUp.addEventListener('abort', () => stop.abort(givenUp.reason), { once: true })
      const files = await new FileSending(command, requestNo, way, stop.signal).send()
      stop.signal.throwIfAborted()
      const own = files.length === 0 ? command : { ...command, files }
      return way.sendOwn(own, { signal: givenUp, ...(options.onProgress ? { onProgress: options.onProgress } : {}) })
    })
  } catch (error) {
    stop.abort(error)
    if (options.signal?.aborted && isAborted(error)) throw aborted(options.signal, requestNo)
    throw asOwn(error, command.cmd, requestNo)
  } finally {
    way.ended.removeEventListener('abort', onEnded)
  }
}

const isAborted = (error: unknown): boolean => error instanceof AIClusterError && error.code === ERROR_CODES.requestAborted.code

/** A failure of one of the commands on the way is one of the command that was called. */
function asOwn(error: unknown, command: CommandName, requestNo: string): unknown {
  if (!(error instanceof AIClusterError) || error.cause !== undefined || error.requestNo === requestNo) return error
  return errorFromHeader(errorHeader(error), { command, requestNo })
}

/** The files of one command, on their way. */
class FileSending {
  readonly #slots = new Slots(PIECES)

  constructor(
    private readonly command: FileCommand,
    private readonly requestNo: string,
    private readonly way: CommandWay,
    private readonly signal: AbortSignal,
  ) {}

  /** @returns what the manager does not read itself, all of it there now */
  async send(): Promise<GivenFiles> {
    const groups = namedFiles(this.command)
    const wanted = await this.#offer(groups.flatMap(({ paths }) => paths))
    const sent: GivenFiles = []
    for (const { inferenceName, paths } of groups) {
      const own = paths.filter((path) => wanted.has(path))
      if (own.length > 0) sent.push(...(await this.#bring({ inferenceName, paths: own })))
    }
    return sent
  }

  /** What of these has to be sent; nothing to a manager that does not take files: it reads the paths itself. */
  async #offer(paths: readonly string[]): Promise<Set<string>> {
    const wanted = new Set<string>()
    for (let at = 0; at < paths.length; at += OFFERS) {
      const files: OfferedFile[] = []
      for (const path of paths.slice(at, at + OFFERS)) files.push(await offerOf(path, this.command))
      this.signal.throwIfAborted()
      try {
        const view = recordOf<OfferView>(await this.#ask({ cmd: 'offer_files', command: this.command, files }))
        for (const path of Array.isArray(view.wanted) ? view.wanted : []) wanted.add(path)
      } catch (error) {
        if (error instanceof AIClusterError && error.code === ERROR_CODES.notImplemented.code) return new Set()
        throw error
      }
    }
    return wanted
  }

  async #bring({ inferenceName, paths }: NamedFiles): Promise<GivenFiles> {
    const progress = new UploadProgress({ requestNo: this.requestNo, cmd: this.command.cmd, inferenceName }, this.way.progress)
    progress.begin()
    const trees: ListedTree[] = []
    for (const path of paths) trees.push(await listTree(path, this.signal))
    const missing = new Map<string, { content: MissingContent; from: string }>()
    for (const tree of trees) {
      for (const content of await this.#missingOf(tree)) {
        const from = tree.sources.get(content.sha256)
        if (from === undefined) throw clusterError('internal', { detail: `the cluster asks for a content that ${tree.path} does not have` })
        missing.set(`${content.sha256} ${content.executable}`, { content, from })
      }
    }
    await this.#sendAll([...missing.values()], progress)
    return trees.map(({ path, tree }) => ({ path, tree }))
  }

  /** Contents of a tree that the manager lacks, once it has the tree's list. */
  async #missingOf({ tree, list }: ListedTree): Promise<MissingContent[]> {
    let view = await this.#getMissing(tree, undefined)
    if (view.list_offset !== null) {
      const content = { sha256: tree, size: list.length, executable: false, offset: view.list_offset }
      await sendBytes(
        list,
        content,
        this.#contentWay(() => {}),
      )
      view = await this.#getMissing(tree, undefined)
    }
    const missing = [...view.missing]
    while (view.next !== null) {
      view = await this.#getMissing(tree, view.next)
      missing.push(...view.missing)
    }
    return missing
  }

  async #getMissing(tree: string, after: number | undefined): Promise<MissingContentsView> {
    return recordOf(await this.#ask({ cmd: 'get_missing', tree, ...(after === undefined ? {} : { after }) }))
  }

  async #sendAll(missing: readonly { content: MissingContent; from: string }[], progress: UploadProgress): Promise<void> {
    progress.expect(missing.reduce((sum, { content }) => sum + content.size - content.offset, 0))
    const way = this.#contentWay((bytes) => progress.add(bytes))
    const left = missing.values()
    const work = async (): Promise<void> => {
      for (const { content, from } of left) await sendFile(from, content, way)
    }
    const outcomes = await Promise.allSettled(Array.from({ length: PIECES }, work))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
  }

  #contentWay(onBytes: (bytes: number) => void): ContentWay {
    const { signal } = this
    return {
      put: async ({ sha256, size, executable }, offset, data) =>
        recordOf<ChunkView>(await this.#ask({ cmd: 'put_chunk', sha256, size, executable, offset, data })),
      onBytes,
      pieceBytes: Math.min(FILE_CHUNK_BYTES, this.way.maxBodyBytes - AROUND_A_PIECE_BYTES),
      slots: this.#slots,
      signal,
    }
  }

  #ask(command: CommandInput<CommandName>): Promise<unknown> {
    this.signal.throwIfAborted()
    return this.way.send(command, { signal: this.signal })
  }
}
