import type { CallOptions } from './call-options'
import type { ManageCallback } from './callbacks'
import { ClusterRequests } from './cluster-requests'
import { CommandCaller } from './commands/command-caller'
import { loadCommand, nameFilter, type UnloadOptions, unloadCommand } from './commands/command-contents'
import { asBoards, asHandlers, asStatuses } from './commands/replies'
import type { ContainerConfig } from './config/container-config'
import { fromWire } from './config/wire-names'
import type { ClusterMetrics } from './handlers/cluster-metrics'
import type { ContainerHandler } from './handlers/container-handler'
import type { ContainerStatus } from './handlers/container-status'
import type { CoprocessorHandler } from './handlers/coprocessor-handler'

/**
 * What manages a cluster: everything of {@link AICluster} that goes over the management link.
 *
 * Beside the errors of its own, every command may reject with
 * - ConnectionFailedError (111): there is no connection; or it went and did not come back within `reconnectTimeoutMs`; or the
 *   manager was restarted meanwhile. In the last two cases the command may or may not have been carried out
 * - RequestAbortedError (312), RequestTimeoutError (313): through `signal`, `timeout`; the cluster takes back what it can
 * - OutcomeExpiredError (314): the cluster dropped this application's session before the reply reached it
 *
 * While the connection is lost an open command waits; it is never carried out twice.
 */
export abstract class ClusterCommands extends ClusterRequests {
  /** @internal */
  protected readonly commands = new CommandCaller(this.life)

  /**
   * Register inferences and start their containers, one on each selected board. Resolves when every container is ready.
   *
   * All or nothing: if one fails, none of the call's stays. The same config again changes nothing and returns the handlers.
   *
   * @param containerConfig - one config or several
   * @param coprocessorName - a board, several, or `'all'`
   * @returns one handler per container
   * @throws InvalidArgumentError (100) an argument is missing; (201) a config lacks a required key; (203) a version label
   *   differs from the registered one; (301) a file cannot be read; (302) a value is wrong, naming field and value
   * @throws InvalidOperationError (303): `forceUpdate` on an inference that has requests queued or in process
   * @throws CoprocessorNotFoundError (304): no board has this name
   * @throws ApiConflictError (309): another command is changing the same names
   * @throws ContainerStartError (311): a container exits, or is not ready in time, with the last lines it printed
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 2
   */
  async loadInference(
    containerConfig: ContainerConfig | readonly ContainerConfig[],
    coprocessorName: string | readonly string[],
    options: CallOptions = {},
  ): Promise<ContainerHandler[]> {
    return asHandlers(await this.commands.call(loadCommand(containerConfig, coprocessorName), options))
  }

  /**
   * Like {@link ClusterCommands.loadInference}; the outcome goes to `callback` or to the manage callback.
   * @returns the request number
   * @throws InvalidArgumentError (100): an argument is missing, or there is no callback
   * @throws ConnectionFailedError (111): no connection to the cluster
   */
  loadInferenceAsync(
    containerConfig: ContainerConfig | readonly ContainerConfig[],
    coprocessorName: string | readonly string[],
    callback?: ManageCallback,
  ): string {
    return this.commands.callAsync(() => loadCommand(containerConfig, coprocessorName), callback, asHandlers)
  }

  /**
   * Stop containers and forget them, with their config files. Both filters together mean and; no filter means everything.
   *
   * @returns the handlers that remain
   * @throws InferenceNameNotFoundError (300): nothing is registered under `inferenceName`
   * @throws InvalidArgumentError (302): a filter is not a name; a string in the place of the options object
   * @throws InvalidOperationError (303): requests are queued or in process (still, after `drainMs`)
   * @throws CoprocessorNotFoundError (304): no board has this name
   * @throws ApiConflictError (309): another command is changing the same names
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 4
   */
  async unloadInference(options: UnloadOptions & CallOptions = {}): Promise<ContainerHandler[]> {
    return asHandlers(await this.commands.call(unloadCommand(options), options))
  }

  /** Like {@link ClusterCommands.unloadInference}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  unloadInferenceAsync(options: UnloadOptions = {}, callback?: ManageCallback): string {
    return this.commands.callAsync(() => unloadCommand(options), callback, asHandlers)
  }

  /**
   * The boards on which an inference is registered; all boards when none is given.
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 5
   */
  async getCoprocessorHandler(inferenceName?: string, options: CallOptions = {}): Promise<CoprocessorHandler[]> {
    return asBoards(await this.commands.call({ cmd: 'get_coprocessor_handler', ...nameFilter(inferenceName) }, options))
  }

  /** Like {@link ClusterCommands.getCoprocessorHandler}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  getCoprocessorHandlerAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.commands.callAsync(() => ({ cmd: 'get_coprocessor_handler', ...nameFilter(inferenceName) }), callback, asBoards)
  }

  /**
   * The containers that serve an inference; every one when none is given.
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 7
   */
  async getContainerHandler(inferenceName?: string, options: CallOptions = {}): Promise<ContainerHandler[]> {
    return asHandlers(await this.commands.call({ cmd: 'get_container_handler', ...nameFilter(inferenceName) }, options))
  }

  /** Like {@link ClusterCommands.getContainerHandler}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  getContainerHandlerAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.commands.callAsync(() => ({ cmd: 'get_container_handler', ...nameFilter(inferenceName) }), callback, asHandlers)
  }

  /**
   * State and use of the containers that serve an inference; of every one when none is given.
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 8
   */
  async getContainerStatus(inferenceName?: string, options: CallOptions = {}): Promise<ContainerStatus[]> {
    return asStatuses(await this.commands.call({ cmd: 'get_container_status', ...nameFilter(inferenceName) }, options))
  }

  /** Like {@link ClusterCommands.getContainerStatus}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  getContainerStatusAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.commands.callAsync(() => ({ cmd: 'get_container_status', ...nameFilter(inferenceName) }), callback, asStatuses)
  }

  /** Every counter, gauge and heap figure of the manager. Ours. */
  async getMetrics(options: CallOptions = {}): Promise<ClusterMetrics> {
    return fromWire(await this.commands.call({ cmd: 'get_metrics' }, options)) as ClusterMetrics
  }

  /** Drain and end the cluster manager. `stopContainers: false` leaves the containers for the next manager to adopt. Ours. */
  async shutdown({ stopContainers = true }: { stopContainers?: boolean } = {}): Promise<void> {
    await this.commands.call({ cmd: 'shutdown', stop_containers: stopContainers }, {})
  }
}
