import type { ContainerConfig, ImageView } from '@aicluster/protocol'
import type { Logger } from 'pino'
import { implementationOf } from '../../registry/container-config-rules'
import type { BoardContainer, BoardWork, ContainerSpec, ImageDeletion, IsKnown } from '../board'
import type { EngineBoard } from '../engine/engine-board'
import { LocalBoard, type LocalBoardOptions } from './local-board'
import type { LocalEngine } from './local-engine'

/** This machine with its Docker Engine: `docker` and `nvidia` run there, everything else as processes. */
export class EnginedLocalBoard extends LocalBoard {
  readonly #engine: LocalEngine
  readonly #logger: Logger
  /** Something of ours may be on it. */
  #engineUsed = false

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
    const engined = await this.#engined(spec)
    return engined.engine.create(engined.spec, work)
  }

  override async adopt(spec: ContainerSpec): Promise<BoardContainer | undefined> {
    if (!isEngined(spec.config)) return super.adopt(spec)
    const engined = await this.#engined(spec)
    return engined.engine.adopt(engined.spec)
  }

  override async rest(spec: ContainerSpec): Promise<BoardContainer> {
    if (!isEngined(spec.config)) return super.rest(spec)
    const engined = await this.#engined(spec)
    return engined.engine.rest(engined.spec)
  }

  /** None where there is no Engine. */
  override async images(): Promise<ImageView[]> {
    return (await this.#engine.isThere()) ? this.#engine.board.images() : []
  }

  override deleteImage(imageId: string): Promise<ImageDeletion> {
    return this.#engine.board.deleteImage(imageId)
  }

  override async sweep(isKnown: IsKnown): Promise<void> {
    await super.sweep(isKnown)
    if (!(await this.#engine.isThere())) return
    try {
      await this.#engine.board.sweep(isKnown)
    } catch (error) {
      if (this.#engineUsed) throw error
      // An Engine that we may not ask, and never needed to, is nobody's trouble.
      this.#logger.warn({ err: error }, 'what an earlier manager left on the Engine stays')
    }
  }

  /** @throws SshConnectionError (500) */
  async #engined(spec: ContainerSpec): Promise<{ engine: EngineBoard; spec: ContainerSpec }> {
    this.#engineUsed = true
    return { engine: this.#engine.board, spec: await this.#engine.withAddress(spec) }
  }
}

const isEngined = (config: ContainerConfig): boolean => ['docker', 'nvidia'].includes(implementationOf(config))
