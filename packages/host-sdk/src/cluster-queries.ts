import { requireOptions } from './arguments'
import { type CallOptions, sharedTime } from './call-options'
import type { ManageCallback } from './callbacks'
import { ClusterRequests } from './cluster-requests'
import { BOARD_FILTER_KEYS, type BoardFilter, boardsCommand } from './commands/board-options'
import { CommandCaller, type CommandContent } from './commands/command-caller'
import { containerLogCommand, LOG_KEYS, nameFilter } from './commands/command-contents'
import { QUEUE_INFO_KEYS, type QueueInfoOptions } from './commands/queue-options'
import { QueueReading, readPages, readToEnd } from './commands/queue-reading'
import { recordOf } from './commands/replies'
import { fromWire } from './config/wire-names'
import type { ClusterMetrics } from './handlers/cluster-metrics'
import { type ContainerHandler, handlersOf } from './handlers/container-handler'
import type { ContainerLog, ContainerLogOptions } from './handlers/container-log'
import { type ContainerStatus, statusesOf } from './handlers/container-status'
import { boardsOf, type CoprocessorHandler, imagesOf } from './handlers/coprocessor-handler'
import type { CoprocessorImages } from './handlers/coprocessor-images'
import type { QueueInfo } from './handlers/queue-info'

/** What looks at a cluster and changes nothing: boards, containers, images, queues, figures. For errors see {@link AICluster}. */
export abstract class ClusterQueries extends ClusterRequests {
  /** @internal */
  protected readonly commands = new CommandCaller(this.life)

  /**
   * The boards on which an inference is registered; all boards when none is given.
   * @param inferenceName - only boards on which it is registered; left out: every board
   * @param options - ours: `coprocessorName` selects boards by name or label
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws CoprocessorNotFoundError (304): no board has the name or label of `coprocessorName`
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 5
   */
  async getCoprocessorHandler(inferenceName?: string, options: BoardFilter & CallOptions = {}): Promise<CoprocessorHandler[]> {
    return boardsOf(await this.commands.call(boardsCommand(inferenceName, options), options, BOARD_FILTER_KEYS), this.commands)
  }

  /** Like {@link AICluster.getCoprocessorHandler}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  getCoprocessorHandlerAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.commands.callAsync(
      () => boardsCommand(inferenceName, {}),
      callback,
      (reply) => boardsOf(reply, this.commands),
    )
  }

  /**
   * The container images on the boards on which an inference is registered; on all boards when none is given.
   * @param inferenceName - only boards on which it is registered; left out: every board
   * @returns one entry a board; it has no images on a board without a Docker Engine
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 6
   */
  async getCoprocessorImages(inferenceName?: string, options: CallOptions = {}): Promise<CoprocessorImages[]> {
    return imagesOf(await this.commands.call({ cmd: 'get_coprocessor_images', ...nameFilter(inferenceName) }, options))
  }

  /** Like {@link AICluster.getCoprocessorImages}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  getCoprocessorImagesAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.commands.callAsync(() => ({ cmd: 'get_coprocessor_images', ...nameFilter(inferenceName) }), callback, imagesOf)
  }

  /**
   * The containers that serve an inference; every one when none is given.
   * @param inferenceName - only its containers; left out: every container
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 7
   */
  async getContainerHandler(inferenceName?: string, options: CallOptions = {}): Promise<ContainerHandler[]> {
    return handlersOf(await this.commands.call({ cmd: 'get_container_handler', ...nameFilter(inferenceName) }, options), this.commands)
  }

  /** Like {@link AICluster.getContainerHandler}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  getContainerHandlerAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.commands.callAsync(
      () => ({ cmd: 'get_container_handler', ...nameFilter(inferenceName) }),
      callback,
      (reply) => handlersOf(reply, this.commands),
    )
  }

  /**
   * State and use of the containers that serve an inference; of every one when none is given.
   * Of those whose board cannot be reached the state is `unreachable`, and what their board would tell is left out.
   * @param inferenceName - only its containers; left out: every container
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws SshConnectionError (500): the board of none of them can be reached
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 8
   */
  async getContainerStatus(inferenceName?: string, options: CallOptions = {}): Promise<ContainerStatus[]> {
    return statusesOf(await this.commands.call({ cmd: 'get_container_status', ...nameFilter(inferenceName) }, options))
  }

  /** Like {@link AICluster.getContainerStatus}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  getContainerStatusAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.commands.callAsync(() => ({ cmd: 'get_container_status', ...nameFilter(inferenceName) }), callback, statusesOf)
  }

  /** Every counter, gauge and heap figure of the manager. Ours. */
  async getMetrics(options: CallOptions = {}): Promise<ClusterMetrics> {
    return fromWire(await this.commands.call({ cmd: 'get_metrics' }, options)) as ClusterMetrics
  }

  /**
   * What a container's program has printed: its last lines, or those since `after`. Ours.
   *
   * @param suffixName - the container's own name
   * @throws InvalidArgumentError (100): no name; (302): an option of another kind
   * @throws ContainerNotFoundError (307): no container has this name
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @example
   * for (let log = await cluster.getContainerLog('digits-1'); ; log = await cluster.getContainerLog('digits-1', { after: log.next })) {
   *   for (const line of log.lines) console.log(line)
   *   await setTimeout(500)
   * }
   */
  async getContainerLog(suffixName: string, options: ContainerLogOptions & CallOptions = {}): Promise<ContainerLog> {
    return recordOf<ContainerLog>(await this.commands.call(containerLogCommand(suffixName, options), options, LOG_KEYS))
  }

  /**
   * The requests that wait in the cluster's queues, and (ours) those that containers hold: see {@link QueueInfo.state}.
   *
   * Read in pages, so that 100,000 entries hold up nothing; what comes and goes meanwhile may be missed or be there still.
   * `signal` and `timeout` are for the whole.
   *
   * @param options - which entries; what is not given does not restrict
   * @returns the entries, in the order of arrival over all queues
   * @throws InferenceNameNotFoundError (300): nothing is registered under `inferenceName`
   * @throws InvalidArgumentError (302): an option of another kind, a string in the place of the options object; `after` is the
   *   number of a request that is not open any more
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 14; `limit` and `after` are ours
   * @example
   * const waiting = (await cluster.getQueueInfo({ inferenceName: 'digits' })).filter(({ state }) => state === 'queued')
   */
  async getQueueInfo(options: QueueInfoOptions & CallOptions = {}): Promise<QueueInfo[]> {
    return readToEnd(this.commands, new QueueReading(options), sharedTime(options, 'get_queue_info', QUEUE_INFO_KEYS))
  }

  /** Like {@link AICluster.getQueueInfo}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  getQueueInfoAsync(options: QueueInfoOptions = {}, callback?: ManageCallback): string {
    let reading: QueueReading
    const first = () => {
      reading = new QueueReading(requireOptions(options, 'options', QUEUE_INFO_KEYS))
      return reading.command as CommandContent
    }
    return this.commands.callAsync(first, callback, async (reply) => [
      ...reading.take(reply),
      ...(await readToEnd(this.commands, reading, sharedTime({}, 'get_queue_info', QUEUE_INFO_KEYS))),
    ])
  }

  /**
   * Like {@link AICluster.getQueueInfo}, entry by entry: the next page is read when it is needed. Ours.
   * @throws the same as `getQueueInfo`, at the first entry
   */
  async *queueEntries(options: QueueInfoOptions & CallOptions = {}): AsyncGenerator<QueueInfo, void, undefined> {
    const time = sharedTime(options, 'get_queue_info', QUEUE_INFO_KEYS)
    for await (const page of readPages(this.commands, new QueueReading(options), time)) yield* page
  }
}
