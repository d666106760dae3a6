import type { ContainerHandlerView, ContainerStatusView, DistributionView } from '@aicluster/protocol'
import { type CallOptions, type LongCallOptions, PROGRESS_KEY } from '../call-options'
import type { ManageCallback } from '../callbacks'
import type { CommandCaller } from '../commands/command-caller'
import { nameFilter } from '../commands/command-contents'
import { listOf, onlyOf, recordOf } from '../commands/replies'
import type { CopyEntry, InferenceModulesConfig } from '../config/container-config'
import { ContainerDistributionStatus } from './container-distribution-status'
import { ContainerStatus } from './container-status'
import { assignView } from './from-view'

/**
 * A registered container, and what is done with it alone. Its attributes are those of the moment in which it was got.
 *
 * Beside the errors of its own, each method may reject with those of every command: see {@link AICluster}.
 *
 * @see SDK API reference, chapter 4, and chapter 7, table 5
 */
export class ContainerHandler {
  /** The inference name. */
  readonly name!: string
  /** The container's own name, unique in the cluster. */
  readonly suffixName!: string
  /** Folder of the image file, on the application's machine. */
  readonly imagePath!: string | undefined
  /** Name of the image file. */
  readonly imageFile!: string | undefined
  /** Version label of the image. */
  readonly imageTag!: string | undefined
  /** Program and arguments: a line, or a list (ours). */
  readonly runCommand!: string | string[] | undefined
  /** Options for Docker. */
  readonly runOption!: string | undefined
  /** The board it is on. */
  readonly allocatedCoprocessor!: string
  /** Its credits: requests it may hold at once. */
  readonly maxSendNum!: number
  /** Every board on which the inference is registered. */
  readonly hostLocation!: string[]
  /** `docker`, `nvidia`, `other` (a plain process), `Loop` (the cluster answers with what it was sent). */
  readonly implementationType!: 'docker' | 'nvidia' | 'Loop' | 'other'
  /** Where requests come from; undefined is None: it takes none. */
  readonly input!: 'Main' | undefined
  /** Where results go; undefined is None. */
  readonly output!: 'Main' | undefined
  /** ms a request may wait in the queue (306 after it). */
  readonly sendTimeout!: number | 'never'
  /** ms from being sent to a container to its response (401 after it). */
  readonly waitQueueTimeout!: number | 'never'
  /** Folder of scripts and models, on the application's machine. */
  readonly scriptPath!: string | undefined
  /** Scripts, models and further inference names that it serves. */
  readonly inferenceModules!: InferenceModulesConfig | InferenceModulesConfig[] | undefined
  /** Files and folders that go into it. */
  readonly copy!: CopyEntry | CopyEntry[] | undefined
  readonly #commands: CommandCaller

  private constructor(view: ContainerHandlerView, commands: CommandCaller) {
    assignView(this, view)
    this.#commands = commands
  }

  /** @internal */
  static from(view: ContainerHandlerView, commands: CommandCaller): ContainerHandler {
    return new ContainerHandler(view, commands)
  }

  /**
   * Hand out requests to this container again.
   *
   * @param inferenceName - only those for this one of the names it serves; left out: for all of them
   * @returns its state; `off` only when it gets requests of none of its names
   * @throws InferenceNameNotFoundError (300): it does not serve this name
   * @throws CoprocessorNotFoundError (304), ContainerNotFoundError (307): the board, the container is not registered any more
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 4, section 1
   */
  async startDistribution(inferenceName?: string, options: CallOptions = {}): Promise<ContainerDistributionStatus> {
    return distributionOf(await this.#commands.call(this.distribution('start_distribution', inferenceName), options))
  }

  /** Like {@link ContainerHandler.startDistribution}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  startDistributionAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.#commands.callAsync(() => this.distribution('start_distribution', inferenceName), callback, distributionOf)
  }

  /**
   * Hand out no further requests to this container. What it holds it finishes; the queues keep accepting.
   * It stays so over a restart of the manager.
   *
   * @param inferenceName - only those for this one of the names it serves; left out: for all of them
   * @returns its state; `off` only when it gets requests of none of its names
   * @throws InferenceNameNotFoundError (300): it does not serve this name
   * @throws CoprocessorNotFoundError (304), ContainerNotFoundError (307): the board, the container is not registered any more
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 4, section 2
   */
  async stopDistribution(inferenceName?: string, options: CallOptions = {}): Promise<ContainerDistributionStatus> {
    return distributionOf(await this.#commands.call(this.distribution('stop_distribution', inferenceName), options))
  }

  /** Like {@link ContainerHandler.stopDistribution}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  stopDistributionAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.#commands.callAsync(() => this.distribution('stop_distribution', inferenceName), callback, distributionOf)
  }

  /**
   * Run the container's program, after {@link ContainerHandler.stop}. Resolves when it is ready. One that runs changes nothing.
   *
   * @returns its state afterwards
   * @throws CoprocessorNotFoundError (304), ContainerNotFoundError (307): the board, the container is not registered any more
   * @throws ApiConflictError (309): another command is changing the same name
   * @throws ContainerStartError (311): it exits, or is not ready in time, with the last lines it printed
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 4, section 3
   */
  async start(options: LongCallOptions = {}): Promise<ContainerStatus> {
    return statusOf(await this.#commands.call(this.command('start'), options, PROGRESS_KEY))
  }

  /** Like {@link ContainerHandler.start}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  startAsync(callback?: ManageCallback): string {
    return this.#commands.callAsync(() => this.command('start'), callback, statusOf)
  }

  /**
   * End the container's program. It stays registered, and stopped, also over a restart of the manager.
   * What it holds it may finish within the cluster's limit; what waits goes to others, or waits on.
   *
   * @returns its state afterwards
   * @throws CoprocessorNotFoundError (304), ContainerNotFoundError (307): the board, the container is not registered any more
   * @throws ApiConflictError (309): another command is changing the same name
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 4, section 4
   */
  async stop(options: CallOptions = {}): Promise<ContainerStatus> {
    return statusOf(await this.#commands.call(this.command('stop'), options))
  }

  /** Like {@link ContainerHandler.stop}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  stopAsync(callback?: ManageCallback): string {
    return this.#commands.callAsync(() => this.command('stop'), callback, statusOf)
  }

  private distribution<Name extends 'start_distribution' | 'stop_distribution'>(cmd: Name, inferenceName: string | undefined) {
    return { ...this.command(cmd), ...nameFilter(inferenceName) }
  }

  private command<Name extends string>(cmd: Name) {
    return { cmd, coprocessor_name: this.allocatedCoprocessor, suffix_name: this.suffixName }
  }
}

export const handlersOf = (reply: unknown, commands: CommandCaller): ContainerHandler[] =>
  listOf(reply, (view: ContainerHandlerView) => ContainerHandler.from(view, commands))

const statusOf = (reply: unknown): ContainerStatus => ContainerStatus.from(recordOf<ContainerStatusView>(reply))

const distributionOf = (reply: unknown): ContainerDistributionStatus =>
  onlyOf(reply, (view: DistributionView) => ContainerDistributionStatus.from(view))
