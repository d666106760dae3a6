import { type AIClusterError, type BoardTelemetryView, type ContainerConfig, clusterError, type ImageView } from '@aicluster/protocol'
import type { Logger } from 'pino'
import type { SshBoardConfig } from '../../config/board-config'
import { implementationOf } from '../../registry/container-config-rules'
import type { Board, BoardAbout, BoardContainer, BoardState, BoardWork, ContainerSpec, ImageDeletion, IsKnown } from '../board'
import { boardError } from '../board-error'
import { EngineBoard } from '../engine/engine-board'
import { unlessHung } from '../engine/unless-hung'
import type { Machine } from '../machine'
import { readTelemetry } from '../telemetry/read-telemetry'
import { TelemetryPoll } from '../telemetry/telemetry-poll'
import { advertisedAddress, isAdvertisedToo } from './advertised-address'
import { engineAbout } from './engine-about'
import { disownEngine, ownEngine, requireOwnEngine } from './engine-mark'
import { disownMachine, type Owner, ownMachine, requireOwned } from './own-machine'
import { SshLink } from './ssh-link'
import type { SshTarget } from './ssh-target'
import { Upkeep } from './upkeep'

/** Of a connection: what an {@link SshBoard} needs. */
export type BoardLink = Pick<SshLink, 'onUp' | 'onDown' | 'connected' | 'localAddress' | 'machine' | 'start' | 'close' | 'retryNow'>

/** Of an Engine: what an {@link SshBoard} needs. */
export type BoardEngine = Pick<
  EngineBoard,
  'check' | 'prepare' | 'create' | 'adopt' | 'rest' | 'images' | 'deleteImage' | 'sweep' | 'connected' | 'close'
>

export interface SshBoardOptions {
  config: SshBoardConfig
  target: SshTarget
  owner: Owner
  logger: Logger
  /** For tests. */
  link?: BoardLink
  engine?: (machine: () => Promise<Machine>) => BoardEngine
}

/** The file system whose room is told. */
const DISK_PATH = '/'

/** A machine over SSH: containers run on its Docker Engine. It comes and goes; its containers run on meanwhile. */
export class SshBoard implements Board {
  readonly name: string
  readonly ip: string
  readonly driver = 'ssh'
  readonly labels: Readonly<Record<string, string>>
  about: BoardAbout = { engineVersion: null, architecture: null, cpus: null, memoryBytes: null, gpus: null }
  onState: Board['onState']
  readonly #options: SshBoardOptions
  readonly #link: BoardLink
  readonly #engine: BoardEngine
  readonly #telemetry: TelemetryPoll
  readonly #upkeep: Upkeep
  #state: BoardState
  /** Why it is down. */
  #failure: AIClusterError

  constructor(options: SshBoardOptions) {
    const { config, target, owner, logger } = options
    this.#options = options
    this.name = config.name
    this.ip = config.address
    this.labels = config.labels
    this.#failure = boardError(this.name, 'connect', 'it is still being connected to')
    this.#state = this.#downBecause(this.#failure)
    this.#link = options.link ?? new SshLink({ target, engineSocket: config.engine_socket })
    this.#link.onUp = () => this.#upkeep.begin()
    this.#link.onDown = (reason) => {
      this.#upkeep.stop()
      this.#goDown(reason)
    }
    const machine = () => this.#usable()
    this.#engine =
      options.engine?.(machine) ??
      new EngineBoard({
        name: this.name,
        clusterId: owner.clusterId,
        isBoard: owner.isBoard,
        folder: `${config.folder}/${owner.clusterId}/containers`,
        machine,
        allowedRunOptions: config.allowed_run_options,
        logger,
      })
    this.#telemetry = new TelemetryPoll({ read: async () => readTelemetry(await this.#link.machine(), DISK_PATH) })
    this.#upkeep = new Upkeep({
      prepare: () => this.#prepare(),
      look: () => this.#look(),
      taken: this.#taken,
      onReady: () => this.#goUp(),
      onFailed: (error) => this.#goDown(boardError(this.name, 'use it', error)),
    })
  }

  get state(): BoardState {
    return this.#state
  }

  get telemetry(): BoardTelemetryView | undefined {
    return this.#telemetry.latest
  }

  open(): void {
    this.#link.start()
  }

  async close(): Promise<void> {
    this.#upkeep.stop()
    this.#telemetry.stop()
    this.#engine.close()
    this.#link.close()
  }

  async leave(): Promise<void> {
    const { config, owner } = this.#options
    this.#upkeep.stop()
    if (this.#state.state !== 'up') return
    const machine = await this.#link.machine()
    await disownMachine(machine, config.folder, owner)
    await disownEngine(machine.engine, owner)
  }

  /** Somebody has mended what was wrong: do not wait for the next try. */
  retry(): void {
    if (this.#link.connected) this.#upkeep.begin()
    else this.#link.retryNow()
  }

  async reach(): Promise<void> {
    const machine = await this.#usable()
    await machine.engine.ping().catch((error) => {
      throw boardError(this.name, 'reach its Docker Engine', error)
    })
  }

  async check(config: ContainerConfig): Promise<void> {
    const type = implementationOf(config)
    if (type === 'other') {
      const detail = `board "${this.name}": container config "${config.name}": implementation_type is "other", a program of the manager's machine; on a board over SSH it is docker or nvidia`
      throw clusterError('invalidParameter', { detail, details: { board: this.name, field: 'implementation_type', value: type } })
    }
    await this.#engine.check(config)
  }

  prepare(config: ContainerConfig, work: BoardWork): Promise<void> {
    return this.#engine.prepare(config, work)
  }

  create(spec: ContainerSpec, work?: BoardWork): Promise<BoardContainer> {
    return this.#withAddress(spec, (there) => this.#engine.create(there, work))
  }

  adopt(spec: ContainerSpec): Promise<BoardContainer | undefined> {
    const isOurs = (address: string) => isAdvertisedToo(address, this.#options.config.advertise, spec.environment.AICLUSTER_HOST_IP)
    return this.#withAddress(spec, (there) => this.#engine.adopt(there, isOurs))
  }

  rest(spec: ContainerSpec): Promise<BoardContainer> {
    return this.#withAddress(spec, (there) => this.#engine.rest(there))
  }

  images(): Promise<ImageView[]> {
    return this.#engine.images()
  }

  deleteImage(imageId: string): Promise<ImageDeletion> {
    return this.#engine.deleteImage(imageId)
  }

  sweep(isKnown: IsKnown): Promise<void> {
    return this.#engine.sweep(isKnown)
  }

  /** The machine, once it is ours and its Engine has answered. @throws SshConnectionError (500) why not */
  async #usable(): Promise<Machine> {
    const machine = await this.#link.machine()
    await this.#upkeep.settled
    if (this.#state.state === 'down') throw this.#failure
    return machine
  }

  async #withAddress<T>(spec: ContainerSpec, run: (spec: ContainerSpec) => Promise<T>): Promise<T> {
    await this.#usable()
    const { AICLUSTER_HOST_IP: listening } = spec.environment
    const address = advertisedAddress(this.#options.config.advertise, listening, this.#link.localAddress ?? '')
    return run({ ...spec, environment: { ...spec.environment, AICLUSTER_HOST_IP: address } })
  }

  async #prepare(): Promise<void> {
    const { config, owner } = this.#options
    const machine = await this.#link.machine()
    await ownMachine(machine, this.name, config.folder, owner)
    const { cpus, memory_bytes, gpus } = config.resources
    const told = await this.#engineAnswers(engineAbout(machine.engine, this.name))
    await ownEngine(machine.engine, this.name, owner)
    this.about = { ...told, cpus: cpus ?? told.cpus, memoryBytes: memory_bytes ?? told.memoryBytes, gpus: gpus ?? told.gpus }
  }

  /** Whether it is still ours, and its Engine still answers. */
  async #look(): Promise<void> {
    const { config, owner } = this.#options
    const machine = await this.#link.machine()
    await requireOwned(machine, this.name, config.folder, owner)
    await this.#engineAnswers(machine.engine.ping())
    await requireOwnEngine(machine.engine, this.name, owner)
  }

  /** What it has taken of uploads: small words wait behind those. */
  readonly #taken = (): number => this.#link.connected?.takenBytes ?? 0

  /** Asked after the machine itself has answered, so that a slow link is not taken for an Engine that hangs. */
  async #engineAnswers<T>(answer: Promise<T>): Promise<T> {
    const onHung = (why: AIClusterError) => this.#link.connected?.giveUpEngine(why)
    return unlessHung(this.name, answer, onHung, { progress: this.#taken }).catch((error) => {
      throw boardError(this.name, 'reach its Docker Engine', error)
    })
  }

  #goUp(): void {
    if (this.#state.state === 'up') return
    this.#state = { state: 'up', since: new Date().toISOString() }
    this.#telemetry.start()
    this.#engine.connected()
    this.onState?.(this.#state)
  }

  #goDown(failure: AIClusterError): void {
    const before = this.#state
    this.#failure = failure
    this.#telemetry.stop()
    this.#state = this.#downBecause(failure, before.state === 'down' ? before.since : undefined)
    const news = before.state === 'up' || before.reason !== (this.#state as { reason: string }).reason
    if (news) this.onState?.(this.#state)
  }

  #downBecause(failure: AIClusterError, since = new Date().toISOString()): BoardState {
    // Who is told the reason knows the board already.
    const ours = `board "${this.name}": `
    const at = failure.message.indexOf(ours)
    return { state: 'down', since, reason: at < 0 ? failure.message : failure.message.slice(at + ours.length) }
  }
}
