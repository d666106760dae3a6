import type { CoprocessorImagesView, CoprocessorView, DistributionView } from '@aicluster/protocol'
import { requireInferenceName } from '../arguments'
import { type CallOptions, type LongCallOptions, PROGRESS_KEY } from '../call-options'
import type { ManageCallback } from '../callbacks'
import type { CommandCaller } from '../commands/command-caller'
import { nameFilter } from '../commands/command-contents'
import { listOf } from '../commands/replies'
import { type BoardTelemetry, telemetryOf } from './board-telemetry'
import { ContainerDistributionStatus } from './container-distribution-status'
import { type ContainerHandler, handlersOf } from './container-handler'
import { CoprocessorImages } from './coprocessor-images'

/**
 * A board, and what is done with it alone. Its attributes are those of the moment in which it was got.
 *
 * Beside the errors of its own, each method may reject with those of every command: see {@link AICluster}.
 *
 * @see SDK API reference, chapter 3, and chapter 7, table 3; what follows `ip` is ours
 */
export class CoprocessorHandler {
  /** The board's name. */
  readonly name: string
  /** Its address. */
  readonly ip: string
  /** How the cluster reaches it: `local` is this machine. */
  readonly driver: 'local' | 'ssh'
  /** Whether it can be used now. What is registered on a board that is down stays registered. */
  readonly state: 'up' | 'down'
  /** Since when it is up or down, ISO 8601. */
  readonly since: string
  /** Why it is down; null while it is up. */
  readonly reason: string | null
  /** What selects it together with others: `{ gpu: 'orin' }` is selected by `gpu=orin` and by `label:gpu`. */
  readonly labels: Readonly<Record<string, string>>
  /** Version of its Docker Engine; null where there is none, or it is not known yet. */
  readonly engineVersion: string | null
  /** As Docker calls it: `amd64`, `arm64`; null while it is not known. */
  readonly architecture: string | null
  /** What it has; null what is not known. */
  readonly resources: {
    /** Processors. */
    readonly cpus: number | null
    /** Memory, in bytes. */
    readonly memoryBytes: number | null
    /** GPUs. */
    readonly gpus: number | null
  }
  /** How it is doing; null until it has been measured, and while it is down. */
  readonly telemetry: BoardTelemetry | null
  readonly #commands: CommandCaller

  private constructor(view: CoprocessorView, commands: CommandCaller) {
    this.name = view.name
    this.ip = view.ip
    this.driver = view.driver
    this.state = view.state
    this.since = view.since
    this.reason = view.reason
    this.labels = { ...view.labels }
    this.engineVersion = view.engine_version
    this.architecture = view.architecture
    this.resources = { cpus: view.resources.cpus, memoryBytes: view.resources.memory_bytes, gpus: view.resources.gpus }
    this.telemetry = view.telemetry && telemetryOf(view.telemetry)
    this.#commands = commands
  }

  /** @internal */
  static from(view: CoprocessorView, commands: CommandCaller): CoprocessorHandler {
    return new CoprocessorHandler(view, commands)
  }

  /**
   * Hand out requests to the containers of this board again.
   *
   * @param inferenceName - only requests of this inference; left out: of everything registered on the board
   * @returns the state of each container it concerns
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws CoprocessorNotFoundError (304): the board is not registered any more
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 3, section 1
   */
  async startDistribution(inferenceName?: string, options: CallOptions = {}): Promise<ContainerDistributionStatus[]> {
    return distributionsOf(await this.#commands.call(this.distribution('start_distribution', inferenceName), options))
  }

  /** Like {@link CoprocessorHandler.startDistribution}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  startDistributionAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.#commands.callAsync(() => this.distribution('start_distribution', inferenceName), callback, distributionsOf)
  }

  /**
   * Hand out no further requests to the containers of this board. What they hold they finish; the queues keep accepting.
   * It stays so over a restart of the manager.
   *
   * @param inferenceName - only requests of this inference; left out: of everything registered on the board
   * @returns the state of each container it concerns
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws CoprocessorNotFoundError (304): the board is not registered any more
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 3, section 2
   */
  async stopDistribution(inferenceName?: string, options: CallOptions = {}): Promise<ContainerDistributionStatus[]> {
    return distributionsOf(await this.#commands.call(this.distribution('stop_distribution', inferenceName), options))
  }

  /** Like {@link CoprocessorHandler.stopDistribution}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  stopDistributionAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.#commands.callAsync(() => this.distribution('stop_distribution', inferenceName), callback, distributionsOf)
  }

  /**
   * Bring an inference that is registered on another board to this one too. Resolves when its container is ready.
   * One that is here already changes nothing.
   *
   * @param inferenceName - what is registered elsewhere
   * @returns the handlers of every container on this board
   * @throws InvalidArgumentError (100): no name
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws InvalidOperationError (303): it is here already and has requests queued or in process
   * @throws CoprocessorNotFoundError (304): the board is not registered any more
   * @throws ApiConflictError (309): another command is changing the same name
   * @throws ContainerStartError (311): the container exits, or is not ready in time, with the last lines it printed
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 3, section 3
   */
  async addInference(inferenceName: string, options: LongCallOptions = {}): Promise<ContainerHandler[]> {
    return handlersOf(await this.#commands.call(this.addition(inferenceName), options, PROGRESS_KEY), this.#commands)
  }

  /** Like {@link CoprocessorHandler.addInference}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  addInferenceAsync(inferenceName: string, callback?: ManageCallback): string {
    return this.#commands.callAsync(
      () => this.addition(inferenceName),
      callback,
      (reply) => handlersOf(reply, this.#commands),
    )
  }

  /**
   * The container images on this board.
   * @returns one entry; it has no images on a board without a Docker Engine
   * @throws CoprocessorNotFoundError (304): the board is not registered any more
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 3, section 4
   */
  async getImages(options: CallOptions = {}): Promise<CoprocessorImages[]> {
    return imagesOf(await this.#commands.call({ cmd: 'get_images', coprocessor_name: this.name }, options))
  }

  /** Like {@link CoprocessorHandler.getImages}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  getImagesAsync(callback?: ManageCallback): string {
    return this.#commands.callAsync(() => ({ cmd: 'get_images', coprocessor_name: this.name }), callback, imagesOf)
  }

  private distribution<Name extends 'start_distribution' | 'stop_distribution'>(cmd: Name, inferenceName: string | undefined) {
    return { cmd, coprocessor_name: this.name, ...nameFilter(inferenceName) }
  }

  private addition(inferenceName: string) {
    return { cmd: 'add_inference' as const, coprocessor_name: this.name, inference_name: requireInferenceName(inferenceName) }
  }
}

export const boardsOf = (reply: unknown, commands: CommandCaller): CoprocessorHandler[] =>
  listOf(reply, (view: CoprocessorView) => CoprocessorHandler.from(view, commands))

export const imagesOf = (reply: unknown): CoprocessorImages[] =>
  listOf(reply, (view: CoprocessorImagesView) => CoprocessorImages.from(view))

const distributionsOf = (reply: unknown): ContainerDistributionStatus[] =>
  listOf(reply, (view: DistributionView) => ContainerDistributionStatus.from(view))
