import { ERROR_CODES } from '@aicluster/protocol'
import { requireOptions } from './arguments'
import { type CallOptions, type LongCallOptions, PROGRESS_KEY, sharedTime } from './call-options'
import type { ManageCallback } from './callbacks'
import { ClusterQueries } from './cluster-queries'
import {
  loadCommand,
  reloadCommand,
  SHUTDOWN_KEYS,
  type ShutdownOptions,
  shutdownCommand,
  UNLOAD_KEYS,
  type UnloadOptions,
  unloadCommand,
} from './commands/command-contents'
import { type FileInfo, putFileCommand } from './commands/put-file-command'
import { DELETE_QUEUE_KEYS, type DeleteQueueOptions, deleteQueueCommand, type QueueFilter } from './commands/queue-options'
import { QueueReading, readToEnd } from './commands/queue-reading'
import type { ContainerConfig } from './config/container-config'
import { type ContainerHandler, handlersOf } from './handlers/container-handler'
import type { QueueInfo } from './handlers/queue-info'
import { type RemainingContainers, remainingOf } from './handlers/remaining-containers'

/**
 * What manages a cluster: everything of {@link AICluster} that changes something over the management link. For errors see there.
 */
export abstract class ClusterCommands extends ClusterQueries {
  /**
   * Register inferences and start their containers, one on each selected board. Resolves when every container is ready.
   *
   * All or nothing: if one fails, none of the call's stays. The same config again changes nothing and returns the handlers.
   *
   * Files that configs name (`scriptPath`, `copy.From`, the image file) are this machine's. What the manager does not see itself is sent
   * to it first, each content once, and kept there as long as the inference is registered: it need not share a disk with the application.
   * `onProgress` then tells of the phase `upload` without a board. Files should stay as they are until the call has settled.
   *
   * @param containerConfig - one config or several
   * @param coprocessorName - a board, several, or `'all'`; boards also by their labels: `gpu=orin`, `label:gpu` (any value). Which boards
   *   have a label is looked at now: one that is added later does not get the inference by itself
   * @returns one handler per container
   * @throws InvalidArgumentError (100) an argument is missing; (201) a config lacks a required key; (203) a version label
   *   differs from the registered one; (301) a file cannot be read, or was changed while it was sent; (302) a value is wrong, naming field and value; what is to be sent
   *   does not fit at the manager, or a link leads out of its folder
   * @throws InvalidOperationError (303): `forceUpdate` on an inference that has requests queued or in process
   * @throws CoprocessorNotFoundError (304): no board has this name or label
   * @throws ApiConflictError (309): another command is changing the same names
   * @throws ContainerStartError (311): a container exits, or is not ready in time, with the last lines it printed
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 2
   */
  async loadInference(
    containerConfig: ContainerConfig | readonly ContainerConfig[],
    coprocessorName: string | readonly string[],
    options: LongCallOptions = {},
  ): Promise<ContainerHandler[]> {
    return handlersOf(await this.commands.call(loadCommand(containerConfig, coprocessorName), options, PROGRESS_KEY), this.commands)
  }

  /**
   * Like {@link AICluster.loadInference}; the outcome goes to `callback` or to the manage callback.
   * @returns the request number
   * @throws InvalidArgumentError (100): an argument is missing, or there is no callback
   * @throws ConnectionFailedError (111): no connection to the cluster
   */
  loadInferenceAsync(
    containerConfig: ContainerConfig | readonly ContainerConfig[],
    coprocessorName: string | readonly string[],
    callback?: ManageCallback,
  ): string {
    return this.commands.callAsync(
      () => loadCommand(containerConfig, coprocessorName),
      callback,
      (reply) => handlersOf(reply, this.commands),
    )
  }

  /**
   * Stop containers and forget them, with their config files. Both filters together mean and; no filter means everything.
   *
   * @returns the handlers that remain; its `images` says which images were deleted, and which are kept because something uses them,
   *   its `forgotten` which containers could not be stopped (`force`)
   * @throws InferenceNameNotFoundError (300): nothing is registered under `inferenceName`
   * @throws InvalidArgumentError (302): a filter is not a name, or a key is misspelt: nothing is unloaded; a string in the place of the options object
   * @throws InvalidOperationError (303): requests are queued or in process (still, after `drainMs`)
   * @throws CoprocessorNotFoundError (304): no board has this name
   * @throws ApiConflictError (309): another command is changing the same names
   * @throws SshConnectionError (500): a board of theirs is down, or goes down before they have ended; they stay as they were. With
   *   `force` they are forgotten instead
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 4
   */
  async unloadInference(options: UnloadOptions & CallOptions = {}): Promise<RemainingContainers> {
    return remainingOf(await this.commands.call(unloadCommand(options), options, UNLOAD_KEYS), this.commands)
  }

  /** Like {@link AICluster.unloadInference}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  unloadInferenceAsync(options: UnloadOptions = {}, callback?: ManageCallback): string {
    return this.commands.callAsync(
      () => unloadCommand(requireOptions(options, 'options', UNLOAD_KEYS)),
      callback,
      (reply) => remainingOf(reply, this.commands),
    )
  }

  /**
   * Start what is registered anew, from its config file in the manager's state folder. What was edited there by hand is taken up,
   * but not name, suffix, boards, type, input and output. If it fails, what ran before runs again.
   *
   * @param inferenceName - what is registered
   * @returns one handler per container
   * @throws InvalidArgumentError (100): no name; (205): it is registered, its config file is gone; (206): the file is not JSON;
   *   (207): the file contradicts what is registered, naming the field; (302): a value in the file is wrong
   * @throws InferenceNameNotFoundError (300): neither registered nor a file
   * @throws InvalidOperationError (303): it has requests queued or in process
   * @throws ApiConflictError (309): another command is changing the same name
   * @throws ContainerStartError (311): a container exits, or is not ready in time, with the last lines it printed
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 16
   */
  async reloadInference(inferenceName: string, options: LongCallOptions = {}): Promise<ContainerHandler[]> {
    return handlersOf(await this.commands.call(reloadCommand(inferenceName), options, PROGRESS_KEY), this.commands)
  }

  /** Like {@link AICluster.reloadInference}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  reloadInferenceAsync(inferenceName: string, callback?: ManageCallback): string {
    return this.commands.callAsync(
      () => reloadCommand(inferenceName),
      callback,
      (reply) => handlersOf(reply, this.commands),
    )
  }

  /**
   * Replace files in an inference's folder on each of its boards, all or none. They count from the container's next start. They are
   * this machine's, and sent where the manager does not see them itself.
   *
   * @param inferenceName - whose folder it is
   * @param fileInfo - paths by kind: `script`, `model`, `other`, each an absolute path on the application's machine, or a list.
   *   A file goes to where the one of its name is
   * @throws InvalidArgumentError (100): an argument is missing; (101): a key of `fileInfo` that is none; (301): a file cannot be
   *   opened, naming it, or was changed while it was sent; (302): a value of another kind, a path that is not absolute, two files of
   *   one name, or they do not fit at the manager
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws InvalidOperationError (303): it has requests queued or in process
   * @throws ApiConflictError (309): another command is changing the same name
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 13; the keys of `fileInfo` are ours
   * @example
   * await cluster.putFile('digits', { model: '/models/digits-2.json' })
   * await cluster.reloadInference('digits')
   */
  async putFile(inferenceName: string, fileInfo: FileInfo, options: LongCallOptions = {}): Promise<void> {
    await this.commands.call(putFileCommand(inferenceName, fileInfo), options, PROGRESS_KEY)
  }

  /**
   * Like {@link AICluster.putFile}; the outcome goes to `callback` or to the manage callback, a wrong key (101) too.
   * @returns the request number
   * @throws InvalidArgumentError (100, 302), ConnectionFailedError (111): as `putFile`; (100) also without any callback
   */
  putFileAsync(inferenceName: string, fileInfo: FileInfo, callback?: ManageCallback): string {
    const content = () => putFileCommand(inferenceName, fileInfo)
    return this.commands.callAsync(content, callback, () => undefined, ERROR_CODES.invalidKey.code)
  }

  /**
   * Take requests out of the cluster's queues before a container gets them. All of the selection, or nothing.
   *
   * Requests that a container already holds are not touched: abort those through their own signal.
   * The owner of each deleted request sees it reject with {@link QueueDeletedError} (310). One that does not wait any more is no error.
   *
   * @param options - which entries; what is not given does not restrict: **no filter means every waiting entry**, as in the seed
   * @returns the waiting entries that remain, of `inferenceName` or of every inference, in the order of arrival
   * @throws InferenceNameNotFoundError (300): nothing is registered under `inferenceName`
   * @throws InvalidArgumentError (302): an option of another kind or a misspelt key: nothing is deleted; a string in the place of the options object
   * @throws PermissionError (308): an entry belongs to another session and `forceDelete` is false; nothing is deleted
   * @throws NotImplementedError (900): the operator has switched this command off
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 15
   * @example
   * const rest = await cluster.deleteQueue({ inferenceName: 'digits', requestNo })
   */
  async deleteQueue(options: DeleteQueueOptions & CallOptions = {}): Promise<QueueInfo[]> {
    const command = deleteQueueCommand(options)
    const time = sharedTime(options, 'delete_queue', DELETE_QUEUE_KEYS)
    await this.commands.call(command, time())
    return this.waiting(options, time)
  }

  /** Like {@link AICluster.deleteQueue}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  deleteQueueAsync(options: DeleteQueueOptions = {}, callback?: ManageCallback): string {
    return this.commands.callAsync(
      () => deleteQueueCommand(requireOptions(options, 'options', DELETE_QUEUE_KEYS)),
      callback,
      () => this.waiting(options, () => ({})),
    )
  }

  /**
   * Drain and end the cluster manager: resolves as soon as the drain begins. Ours.
   * @throws InvalidArgumentError (302): `stopContainers` is neither true nor false
   * @throws ConnectionFailedError (111): no connection to the cluster
   */
  async shutdown(options: ShutdownOptions & CallOptions = {}): Promise<void> {
    await this.commands.call(shutdownCommand(options), options, SHUTDOWN_KEYS)
  }

  private async waiting(options: QueueFilter, time: () => CallOptions): Promise<QueueInfo[]> {
    const reading = new QueueReading({ inferenceName: options?.inferenceName })
    const all = await readToEnd(this.commands, reading, time)
    return all.filter(({ state }) => state === 'queued')
  }
}
