import type { ContainerConfig, ImageView } from '@aicluster/protocol'
import type { Logger } from 'pino'
import { implementationOf } from '../../registry/container-config-rules'
import type { BoardContainer, BoardWork, ContainerSpec, ImageDeletion } from '../board'
import { LocalBoard, type LocalBoardOptions } from './local-board'
import type { LocalEngine } from './local-engine'

/** This machine with its Docker Engine: `docker` and `nvidia` run there, everything else as processes. */
export class EnginedLocalBoard extends LocalBoard {
  readonly #engine: LocalEngine
  readonly #logger: Logger

  constructor(options: LocalBoardOptions & { engine: LocalEngine }) {
    super(options)
    this.#engine = options.engine
    this.#logger = options.logger.child({ board: options.name })
  }

  override async check(config: ContainerConfig): Promise<void> {
    await (isEngined(config) ? this.#engine.check(config) : super.check(config))
  }

  async prepare(config: ContainerConfig, work: BoardWork): Promise<void> {
    if (isEngined(config)) await this.#engine.board.prepare(config, work)
  }

  override async create(spec: ContainerSpec, work: BoardWork = {}): Promise<BoardContainer> {
    if (!isEngined(spec.config)) return super.create(spec, work)
    return this.#engine.board.create(await this.#engine.withAddress(spec), work)
  }

  override async adopt(spec: ContainerSpec): Promise<BoardContainer | undefined> {
    if (!isEngined(spec.config)) return super.adopt(spec)
    return this.#engine.board.adopt(await this.#engine.withAddress(spec))
  }

  override async rest(spec: ContainerSpec): Promise<BoardContainer> {
    return isEngined(spec.config) ? this.#engine.board.rest(await this.#engine.withAddress(spec)) : super.rest(spec)
  }

  /** None where there is no Engine. */
  override async images(): Promise<ImageView[]> {
    return (await this.#engine.isThere()) ? this.#engine.board.images() : []
  }

  override deleteImage(imageId: string): Promise<ImageDeletion> {
    return this.#engine.board.deleteImage(imageId)
  }

  override async sweep(known: ReadonlySet<string>): Promise<void> {
    await super.sweep(known)
    if (!(await this.#engine.isThere())) return
    // An Engine that is down keeps nobody from starting.
    await this.#engine.board
      .sweep(known)
      .catch((error) => this.#logger.warn({ err: error }, 'what an earlier manager left on the Engine stays'))
  }
}

const isEngined = (config: ContainerConfig): boolean => ['docker', 'nvidia'].includes(implementationOf(config))
