import {
  type AIClusterError,
  asAIClusterError,
  type CommandInput,
  type CommandName,
  type ContainerHandlerView,
  type ContainerStatusView,
  type CoprocessorView,
  clusterError,
  decodeMsgpack,
  type Envelope,
  errorFromHeader,
  type InferenceResponse,
  type NdArray,
  RecordKind,
  requireNdArray,
} from '@aicluster/protocol'
import { bodyOf } from '@aicluster/transport'
import { missing, optionalName, requireInferenceName, requireOptions, requireParam, wrongArgument } from './arguments'
import { type CallOptions, checkCallOptions, type InferOptions } from './call-options'
import { type CallbackOptions, Callbacks, connectionEvent, type InferCallback, type ManageCallback } from './callbacks'
import type { ContainerConfig } from './config/container-config'
import { fromWire, toWire } from './config/wire-names'
import { ClusterConnection, type LinkName, notConnected } from './connection/cluster-connection'
import { type ConnectOptions, resolveEndpoints } from './connection/connect-options'
import { type ClusterEventMap, ClusterEvents } from './events'
import type { ClusterMetrics } from './handlers/cluster-metrics'
import { ContainerHandler } from './handlers/container-handler'
import { ContainerStatus } from './handlers/container-status'
import { CoprocessorHandler } from './handlers/coprocessor-handler'
import { InferenceClient, type OutcomeReceiver } from './inference-client'
import { type Logger, silentLogger } from './logger'
import { ManagementClient } from './management-client'

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000

/** What an inference's container sent, and everything known about it. */
export interface InferenceResult {
  result: unknown
  response: InferenceResponse
}

/** Which containers `unloadInference` removes. Nothing given: **every container on every board**, as in the seed. */
export interface UnloadOptions {
  inferenceName?: string
  /** One board. */
  coprocessorName?: string
  /** Also delete the image, unless something else uses it. Default true. */
  deleteImage?: boolean
  /** ms to wait for requests that are queued or in process; left out: 303 at once. Ours. */
  drainMs?: number
}

/**
 * An application's connection to a cluster: load inferences, run them, look at them.
 *
 * @see SDK API reference, chapter 2
 * @example
 * await using cluster = await AICluster.connect()
 * await cluster.loadInference({ name: 'echo', implementationType: 'Loop' }, 'all')
 * const { result } = await cluster.infer('echo', Buffer.from('hello'))
 */
export class AICluster implements AsyncDisposable {
  private readonly connection: ClusterConnection
  private readonly inference: InferenceClient
  private readonly management: ManagementClient
  private readonly callbacks: Callbacks
  private readonly events = new ClusterEvents()
  private logger: Logger
  private released = false
  private everConnected = false
  private lost = false
  private opened: { resolve(): void; reject(error: AIClusterError): void } | undefined

  private constructor(options: ConnectOptions) {
    this.logger = options.logger ?? silentLogger
    this.callbacks = new Callbacks(() => this.logger)
    this.connection = new ClusterConnection(resolveEndpoints(options, process.env), {
      onConnected: () => this.onConnected(),
      onLost: (link) => this.onLost(link),
      onRefused: (error) => this.onRefused(error),
      onRecord: (link, e, frame, nameAt, bodyFrames) => this.onRecord(link, e, frame, nameAt, bodyFrames),
    })
    this.inference = new InferenceClient(this.connection)
    this.management = new ManagementClient(this.connection)
  }

  /**
   * Connect to a cluster over its inference and its management link.
   *
   * @throws SocketConnectionError (110): a link's handshake was not done in time, or its hello was refused, with the reason
   * @throws ConnectionFailedError (111): a link stands, but its check goes unanswered
   * @throws InvalidArgumentError (302): the endpoint is not one
   * @see SDK API reference, chapter 8, `__init__`
   */
  static async connect(options: ConnectOptions = {}): Promise<AICluster> {
    const given = requireOptions<ConnectOptions>(options, 'options')
    const timeoutMs = given.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
    const cluster = new AICluster(given)
    try {
      await cluster.open(timeoutMs)
      await cluster.checkLinks(timeoutMs)
    } catch (error) {
      await cluster.release()
      throw error
    }
    return cluster
  }

  /** Whether both links stand. Between 112 and 113 it is false, and new calls are refused with 111. Ours. */
  get isConnected(): boolean {
    return this.connection.isConnected
  }

  /** Requests that have no outcome yet. Ours. */
  get openRequests(): number {
    return this.inference.openCount
  }

  /**
   * Check that the cluster still answers on both links.
   * @throws SocketConnectionError (110): it does not
   * @see SDK API reference, chapter 2, section 17
   */
  async connectAICluster(): Promise<void> {
    try {
      if (!this.connection.isConnected) throw notConnected('there is no connection to the cluster')
      await this.checkLinks(DEFAULT_CONNECT_TIMEOUT_MS)
    } catch (cause) {
      throw clusterError('connectionEstablishment', { detail: (cause as Error).message, command: 'connect_aicluster', cause })
    }
  }

  /**
   * Set the callbacks that serve every `…Async` call without one of its own, and the events.
   * A key left out keeps what was set, `null` clears.
   * @throws InvalidArgumentError (302): a value that is no function
   * @see SDK API reference, chapter 2, section 1
   */
  setCallback(options: CallbackOptions): void {
    this.callbacks.set(options)
  }

  /** @see SDK API reference, chapter 2, section 10 */
  getLogger(): Logger {
    return this.logger
  }

  /**
   * @throws InvalidArgumentError (302): not a logger
   * @see SDK API reference, chapter 2, section 11
   */
  setLogger(logger: Logger): void {
    const methods = ['debug', 'info', 'warn', 'error'] as const
    if (!methods.every((method) => typeof (logger as Partial<Logger> | undefined)?.[method] === 'function')) {
      throw wrongArgument('logger', logger, 'an object with debug, info, warn and error, as pino and console are')
    }
    this.logger = logger
  }

  /** Listen to what happens without being asked for. Ours. */
  on<Name extends keyof ClusterEventMap>(event: Name, listener: (...args: ClusterEventMap[Name]) => void): this {
    this.events.on(event, listener as never)
    return this
  }

  /** Stop listening. Ours. */
  off<Name extends keyof ClusterEventMap>(event: Name, listener: (...args: ClusterEventMap[Name]) => void): this {
    this.events.off(event, listener as never)
    return this
  }

  /**
   * Say goodbye and close both links. What is pending rejects with 111, callbacks too.
   * @see SDK API reference, chapter 2, section 3
   */
  async release(): Promise<void> {
    if (this.released) return
    this.released = true
    this.failOpen('the connection was released')
    await this.connection.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }

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
    return asHandlers(await this.call(loadCommand(containerConfig, coprocessorName), options))
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
    return this.callAsync(() => loadCommand(containerConfig, coprocessorName), callback, asHandlers)
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
    return asHandlers(await this.call(unloadCommand(options), options))
  }

  /** Like {@link AICluster.unloadInference}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  unloadInferenceAsync(options: UnloadOptions = {}, callback?: ManageCallback): string {
    return this.callAsync(() => unloadCommand(options), callback, asHandlers)
  }

  /**
   * The boards on which an inference is registered; all boards when none is given.
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 5
   */
  async getCoprocessorHandler(inferenceName?: string, options: CallOptions = {}): Promise<CoprocessorHandler[]> {
    return asBoards(await this.call({ cmd: 'get_coprocessor_handler', ...nameFilter(inferenceName) }, options))
  }

  /** Like {@link AICluster.getCoprocessorHandler}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  getCoprocessorHandlerAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.callAsync(() => ({ cmd: 'get_coprocessor_handler', ...nameFilter(inferenceName) }), callback, asBoards)
  }

  /**
   * The containers that serve an inference; every one when none is given.
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 7
   */
  async getContainerHandler(inferenceName?: string, options: CallOptions = {}): Promise<ContainerHandler[]> {
    return asHandlers(await this.call({ cmd: 'get_container_handler', ...nameFilter(inferenceName) }, options))
  }

  /** Like {@link AICluster.getContainerHandler}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  getContainerHandlerAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.callAsync(() => ({ cmd: 'get_container_handler', ...nameFilter(inferenceName) }), callback, asHandlers)
  }

  /**
   * State and use of the containers that serve an inference; of every one when none is given.
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @see SDK API reference, chapter 2, section 8
   */
  async getContainerStatus(inferenceName?: string, options: CallOptions = {}): Promise<ContainerStatus[]> {
    return asStatuses(await this.call({ cmd: 'get_container_status', ...nameFilter(inferenceName) }, options))
  }

  /** Like {@link AICluster.getContainerStatus}; the outcome goes to `callback` or to the manage callback. Returns the request number. */
  getContainerStatusAsync(inferenceName?: string, callback?: ManageCallback): string {
    return this.callAsync(() => ({ cmd: 'get_container_status', ...nameFilter(inferenceName) }), callback, asStatuses)
  }

  /** Every counter, gauge and heap figure of the manager. Ours. */
  async getMetrics(options: CallOptions = {}): Promise<ClusterMetrics> {
    return fromWire(await this.call({ cmd: 'get_metrics' }, options)) as ClusterMetrics
  }

  /** Drain and end the cluster manager. `stopContainers: false` leaves the containers for the next manager to adopt. Ours. */
  async shutdown({ stopContainers = true }: { stopContainers?: boolean } = {}): Promise<void> {
    await this.call({ cmd: 'shutdown', stop_containers: stopContainers }, {})
  }

  /**
   * Run an inference on one array, such as an image.
   *
   * @param image - up to 64 KB are copied; above that do not touch the data until the call has settled, or set `copy`
   * @param param - what the container gets as `metadata`: an object, or a JSON string of one
   * @returns what the container sent, as it is; binary parts view the received bytes
   * @throws InvalidArgumentError (100) an argument is missing; (200) `param` is no JSON; (302) `image` is no NdArray, or too large
   * @throws SendQueueFullError (305), SendQueueTimeoutError (306): the queue is full, no credit became free in time
   * @throws InferenceNameNotFoundError (400): nothing is registered under this name
   * @throws ContainerReceiveTimeoutError (401), ContainerDisconnectError (402): the container did not answer in time, went
   * @throws InvalidInferenceNameError (403): the inference has input None
   * @throws RequestAbortedError (312), RequestTimeoutError (313): through `signal`, `timeout`
   * @throws ConnectionFailedError (111): there is no connection to the cluster, or it went
   * @see SDK API reference, chapter 2, section 9
   */
  inferImage(
    inferenceName: string,
    image: NdArray,
    param?: Record<string, unknown> | string,
    options: InferOptions = {},
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const receiver = { onResult: resolve, onError: reject }
      this.sendRequest(requireInferenceName(inferenceName), requireImage(image), param, options, receiver)
    })
  }

  /** Like {@link AICluster.inferImage}; the outcome goes to `callback` or to the infer callback. Returns the request number. */
  inferImageAsync(inferenceName: string, image: NdArray, param?: Record<string, unknown> | string, callback?: InferCallback): string {
    return this.inferWithCallback(() => requireImage(image), inferenceName, param, callback)
  }

  /**
   * Run an inference on bytes.
   *
   * @param data - up to 64 KB are copied; above that do not touch the bytes until the call has settled, or set `copy`
   * @param param - what the container gets as `metadata`: an object, or a JSON string of one
   * @returns what the container sent, and what is known about the request: times, metadata, who answered
   * @throws the same as {@link AICluster.inferImage}
   * @see SDK API reference, chapter 2, section 12
   */
  infer(
    inferenceName: string,
    data: Uint8Array,
    param?: Record<string, unknown> | string,
    options: InferOptions = {},
  ): Promise<InferenceResult> {
    return new Promise((resolve, reject) => {
      const receiver = { onResult: (result: unknown, response: InferenceResponse) => resolve({ result, response }), onError: reject }
      this.sendRequest(requireInferenceName(inferenceName), requireBytes(data), param, options, receiver)
    })
  }

  /** Like {@link AICluster.infer}; the outcome goes to `callback` or to the infer callback. Returns the request number. */
  inferAsync(inferenceName: string, data: Uint8Array, param?: Record<string, unknown> | string, callback?: InferCallback): string {
    return this.inferWithCallback(() => requireBytes(data), inferenceName, param, callback)
  }

  private inferWithCallback(
    data: () => Uint8Array | NdArray,
    inferenceName: string,
    param: Record<string, unknown> | string | undefined,
    callback: InferCallback | undefined,
  ): string {
    const tell = this.callbacks.forInfer(callback)
    let requestNo = ''
    const receiver: OutcomeReceiver = {
      onResult: (result, response) => tell(0, '', result, response, requestNo),
      onError: (error) => tell(error.code, error.message, undefined, undefined, requestNo),
    }
    requestNo = String(this.sendRequest(requireInferenceName(inferenceName), data(), param, {}, receiver))
    return requestNo
  }

  private sendRequest(
    inferenceName: string,
    data: Uint8Array | NdArray,
    param: Record<string, unknown> | string | undefined,
    options: InferOptions,
    receiver: OutcomeReceiver,
  ): number {
    const checked = requireOptions<InferOptions>(options, 'options')
    checkCallOptions(checked)
    return this.inference.send(inferenceName, data, requireParam(param), checked, receiver)
  }

  private async call(command: CommandInput<CommandName>, options: CallOptions): Promise<unknown> {
    checkCallOptions(options)
    return this.management.send(command, {
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.timeout ? { timeout: options.timeout } : {}),
    }).reply
  }

  private callAsync(
    command: () => CommandInput<CommandName>,
    callback: ManageCallback | undefined,
    convert: (reply: unknown) => unknown,
  ): string {
    const tell = this.callbacks.forManage(callback)
    const content = command()
    const { requestNo, reply } = this.management.send(content)
    reply.then(
      (result) => tell(0, '', content.cmd, convert(result), requestNo),
      (error: AIClusterError) => tell(error.code, error.message, content.cmd, undefined, requestNo),
    )
    return requestNo
  }

  private async open(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.opened = { resolve, reject }
        timer = setTimeout(() => {
          const { missing: links, endpoints } = this.connection
          const where = links.map((link) => `the ${link} link (${endpoints[link]})`).join(' and ')
          const detail = `no welcome on ${where} within ${timeoutMs} ms; is the manager up?`
          reject(clusterError('connectionEstablishment', { detail, details: { links, timeoutMs } }))
        }, timeoutMs)
        this.connection.connect()
      })
    } finally {
      clearTimeout(timer)
      this.opened = undefined
    }
  }

  private async checkLinks(timeoutMs: number): Promise<void> {
    for (const link of ['inference', 'management'] as const) {
      if (await this.connection.check(link, timeoutMs)) continue
      throw notConnected(`the check of the ${link} link was not answered within ${timeoutMs} ms`)
    }
  }

  private onConnected(): void {
    this.opened?.resolve()
    const again = this.everConnected && this.lost
    this.everConnected = true
    this.lost = false
    if (again) this.tell('connected', connectionEvent('connectionRestored', 'both links stand again'))
  }

  private onLost(link: LinkName): void {
    if (this.released) return
    const detail = `the ${link} link to the cluster is gone`
    if (link === 'inference') this.inference.failAll(notConnected(detail))
    else this.management.failAll(detail)
    if (this.lost) return
    this.lost = true
    this.tell('disconnected', connectionEvent('connectionLost', detail))
  }

  private onRefused(error: AIClusterError): void {
    if (this.opened) return this.opened.reject(error)
    this.logger.error({ err: error }, 'the cluster refuses the connection')
  }

  private onRecord(link: LinkName, e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void {
    if (link === 'inference') this.inference.onRecord(e, frame, nameAt, bodyFrames)
    else if (e.kind === RecordKind.event) this.onEvent(bodyOf(e, frame, nameAt, bodyFrames))
    else this.management.onRecord(e, frame, nameAt, bodyFrames)
  }

  private onEvent(body: Uint8Array): void {
    const content = decodeMsgpack(body) as { cmd?: string }
    this.tell('containerDisconnected', errorFromHeader(content), content.cmd ?? 'container_disconnect')
  }

  private tell(event: keyof ClusterEventMap, error: AIClusterError, cmd = 'keepalive'): void {
    this.logger.info({ code: error.code }, error.message)
    this.callbacks.event(error, cmd)
    try {
      this.events.emit(event, error)
    } catch (thrown) {
      this.logger.error({ err: asAIClusterError(thrown) }, 'a listener threw')
    }
  }

  private failOpen(detail: string): void {
    this.inference.failAll(notConnected(detail))
    this.management.failAll(detail)
  }
}

const nameFilter = (inferenceName: string | undefined) => {
  const name = optionalName('inferenceName', inferenceName)
  return name === undefined ? {} : { inference_name: name }
}

function loadCommand(config: unknown, boards: unknown): CommandInput<'load_inference'> {
  if (config === undefined || config === null) throw missing('containerConfig')
  if (boards === undefined || boards === null || boards === '') throw missing('coprocessorName')
  const list = Array.isArray(config) ? config : [config]
  if (list.length === 0) throw missing('containerConfig')
  if (list.some((item) => typeof item !== 'object' || item === null))
    throw wrongArgument('containerConfig', config, 'a config object or a list of them')
  const names = Array.isArray(boards) ? boards : boards === 'all' ? 'all' : [boards]
  if (names.length === 0) throw missing('coprocessorName')
  if (names !== 'all' && names.some((name: unknown) => typeof name !== 'string'))
    throw wrongArgument('coprocessorName', boards, "a board name, a list of them, or 'all'")
  return { cmd: 'load_inference', container_config: list.map(toWire), coprocessor_name: names }
}

function unloadCommand(options: unknown): CommandInput<'unload_inference'> {
  const { inferenceName, coprocessorName, deleteImage, drainMs } = requireOptions<UnloadOptions>(options, 'options')
  const board = optionalName('coprocessorName', coprocessorName)
  if (deleteImage !== undefined && typeof deleteImage !== 'boolean') throw wrongArgument('deleteImage', deleteImage, 'true or false')
  if (drainMs !== undefined && !(Number.isInteger(drainMs) && drainMs >= 0)) throw wrongArgument('drainMs', drainMs, 'a whole number of ms')
  return {
    cmd: 'unload_inference',
    ...nameFilter(inferenceName),
    ...(board === undefined ? {} : { coprocessor_name: board }),
    ...(deleteImage === undefined ? {} : { delete_image: deleteImage }),
    ...(drainMs === undefined ? {} : { drain_ms: drainMs }),
  }
}

function requireImage(image: unknown): NdArray {
  if (image === undefined || image === null) throw missing('image')
  return requireNdArray(image, 'image')
}

function requireBytes(data: unknown): Uint8Array {
  if (data === undefined || data === null) throw missing('data')
  if (!(data instanceof Uint8Array)) throw wrongArgument('data', data, 'a Uint8Array (a Buffer is one); for arrays use inferImage')
  return data
}

const asHandlers = (views: unknown): ContainerHandler[] => (views as ContainerHandlerView[]).map((view) => new ContainerHandler(view))
const asStatuses = (views: unknown): ContainerStatus[] => (views as ContainerStatusView[]).map((view) => new ContainerStatus(view))
const asBoards = (views: unknown): CoprocessorHandler[] => (views as CoprocessorView[]).map((view) => new CoprocessorHandler(view))
