import {
  type AIClusterError,
  asAIClusterError,
  type CommandInput,
  type CommandName,
  clusterError,
  decodeMsgpack,
  errorFromHeader,
  type InferenceResponse,
  type NdArray,
} from '@aicluster/protocol'
import { requireBytes, requireImage, requireInferenceName, requireOptions, requireParam, wrongArgument } from './arguments'
import { type CallOptions, checkCallOptions, type InferOptions, type ReleaseOptions, requireDrainMs } from './call-options'
import { type CallbackOptions, Callbacks, connectionEvent, type InferCallback, type ManageCallback } from './callbacks'
import { ClusterCommands } from './cluster-commands'
import { ClusterConnection, notConnected } from './connection/cluster-connection'
import { type ConnectOptions, resolveEndpoints } from './connection/connect-options'
import { resolveSessionOptions } from './connection/session-options'
import { type ClusterEventMap, ClusterEvents } from './events'
import { InferenceClient } from './inference-client'
import { type Logger, silentLogger } from './logger'
import { ManagementClient } from './management-client'
import type { OpenRequest, OutcomeReceiver } from './requests/open-request'

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000

/** What an inference's container sent, and everything known about it. */
export interface InferenceResult {
  result: unknown
  response: InferenceResponse
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
export class AICluster extends ClusterCommands implements AsyncDisposable {
  private readonly connection: ClusterConnection
  private readonly inference: InferenceClient
  private readonly management: ManagementClient
  private readonly callbacks: Callbacks
  private readonly events = new ClusterEvents()
  private logger: Logger
  private released = false
  private closing: Promise<void> | undefined
  private cutDrain: (() => void) | undefined
  private everConnected = false
  private lost = false
  private opened: { resolve(): void; reject(error: AIClusterError): void } | undefined

  private constructor(options: ConnectOptions) {
    super()
    const { reconnectTimeoutMs, ...limits } = resolveSessionOptions(options)
    this.logger = options.logger ?? silentLogger
    this.callbacks = new Callbacks(() => this.logger)
    this.connection = new ClusterConnection(resolveEndpoints(options, process.env), reconnectTimeoutMs, {
      onConnected: () => this.onConnected(),
      onLost: (detail) => this.onLost(detail),
      onRefused: (error) => this.onRefused(error),
    })
    this.inference = new InferenceClient(this.connection, limits)
    this.management = new ManagementClient(this.connection, (body) => this.onEvent(body))
  }

  /**
   * Connect to a cluster over its inference and its management link.
   *
   * @throws SocketConnectionError (110): a link's handshake was not done in time, or its hello was refused, with the reason
   * @throws ConnectionFailedError (111): a link stands, but its check goes unanswered
   * @throws InvalidArgumentError (302): the endpoint is not one, or an option is out of its range
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

  /** Whether both links stand. Between 112 and 113 it is false, and new calls are refused with 111; what is open waits. Ours. */
  get isConnected(): boolean {
    return this.connection.isConnected
  }

  /** Requests that have a number and no outcome yet. Ours. */
  get openRequests(): number {
    return this.inference.openCount
  }

  /** Requests that wait inside the SDK for room (`maxPending`, `maxPendingBytes`). Ours. */
  get waitingRequests(): number {
    return this.inference.waitingCount
  }

  /**
   * Wait until there is room: until `infer` would not wait inside the SDK, and `inferAsync` would not throw 305.
   *
   * First come, first served; requests that wait inside `infer` already come before. As many callers go on at a time as would fit,
   * so call at once: the room is not reserved. While the connection is lost nobody goes on. Ours.
   *
   * @param dataBytes - bytes of data that the call will carry. Default 0. A param of up to 1 KB is allowed for
   * @throws InvalidArgumentError (302): `dataBytes` is not a number of bytes
   * @throws ConnectionFailedError (111): there is no connection to the cluster; it went and did not come back within
   *   `reconnectTimeoutMs`; it was released
   * @example
   * for (const image of images) {
   *   await cluster.waitForRoom(image.length)
   *   cluster.inferAsync('digits', image, undefined, callback)
   * }
   */
  async waitForRoom(dataBytes = 0): Promise<void> {
    if (!(Number.isFinite(dataBytes) && dataBytes >= 0)) throw wrongArgument('dataBytes', dataBytes, 'a number of bytes')
    this.requireConnection()
    await this.inference.whenFree(dataBytes)
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
   * Say goodbye and close both links. New calls are refused with 111 from now on.
   *
   * What is open rejects with 111, callbacks too, and what waits in the cluster for this application is removed.
   * With `drainMs` it is waited for first, requests that wait for room included, for so long at the most. Called again it
   * returns the same promise; called again without `drainMs` it also cuts the waiting short.
   *
   * @throws InvalidArgumentError (302): `drainMs` is not a whole number of ms from 0 to 86,400,000
   * @see SDK API reference, chapter 2, section 3
   */
  async release(options: ReleaseOptions = {}): Promise<void> {
    const drainMs = requireDrainMs(requireOptions<ReleaseOptions>(options, 'options'))
    if (!this.closing) this.closing = this.drainAndClose(drainMs)
    else if (drainMs === 0) this.cutDrain?.()
    return this.closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }

  /**
   * Run an inference on one array, such as an image.
   *
   * While `maxPending` requests or `maxPendingBytes` are open, the call waits inside the SDK for room, first come first served;
   * `timeout` and `signal` count from the call. A request that is open while the connection is lost waits for its return, for at
   * most `reconnectTimeoutMs`, and is sent again if the cluster does not know it: it runs at most once.
   *
   * @param image - up to 64 KB are copied; above that do not touch the data until the call has settled, or set `copy`
   * @param param - what the container gets as `metadata`: an object, or a JSON string of one
   * @returns what the container sent, as it is; binary parts view the received bytes
   * @throws InvalidArgumentError (100) an argument is missing; (200) `param` is no JSON; (302) `image` is no NdArray, or too large
   * @throws SendQueueFullError (305), SendQueueTimeoutError (306): the inference's queue is full, no credit became free in time
   * @throws InferenceNameNotFoundError (400): nothing is registered under this name
   * @throws ContainerReceiveTimeoutError (401), ContainerDisconnectError (402): the container did not answer in time, went
   * @throws InvalidInferenceNameError (403): the inference has input None
   * @throws RequestAbortedError (312), RequestTimeoutError (313): through `signal`, `timeout`, also while the connection is lost
   * @throws OutcomeExpiredError (314): the cluster dropped the outcome, or this application's session, before it could be delivered
   * @throws ConnectionFailedError (111): there is no connection to the cluster; it went and did not come back within
   *   `reconnectTimeoutMs`; it was released
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
      this.sendRequest(requireInferenceName(inferenceName), requireImage(image), param, options, receiver, true)
    })
  }

  /**
   * Like {@link AICluster.inferImage}; the outcome goes to `callback` or to the infer callback. It never waits for room.
   * @returns the request number
   * @throws SendQueueFullError (305): `maxPending` requests or `maxPendingBytes` are open; `waitForRoom` tells when there is room
   * @throws InvalidArgumentError (100, 200, 302), ConnectionFailedError (111): as `inferImage`; (100) also without any callback
   */
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
      this.sendRequest(requireInferenceName(inferenceName), requireBytes(data), param, options, receiver, true)
    })
  }

  /**
   * Like {@link AICluster.infer}; the outcome goes to `callback` or to the infer callback. It never waits for room.
   * @returns the request number
   * @throws the same as {@link AICluster.inferImageAsync}
   */
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
    requestNo = String(this.sendRequest(requireInferenceName(inferenceName), data(), param, {}, receiver, false).number)
    return requestNo
  }

  private sendRequest(
    inferenceName: string,
    data: Uint8Array | NdArray,
    param: Record<string, unknown> | string | undefined,
    options: InferOptions,
    receiver: OutcomeReceiver,
    mayWait: boolean,
  ): OpenRequest {
    const checked = requireOptions<InferOptions>(options, 'options')
    checkCallOptions(checked)
    this.requireConnection()
    return this.inference.send(inferenceName, data, requireParam(param), checked, receiver, mayWait)
  }

  /** @throws ConnectionFailedError (111) */
  private requireConnection(): void {
    if (this.closing) throw notConnected('the connection was released')
    if (!this.connection.isConnected) throw notConnected('there is no connection to the cluster')
  }

  protected async call(command: CommandInput<CommandName>, options: CallOptions): Promise<unknown> {
    checkCallOptions(options)
    this.requireConnection()
    return this.management.send(command, options).reply
  }

  protected callAsync(
    command: () => CommandInput<CommandName>,
    callback: ManageCallback | undefined,
    convert: (reply: unknown) => unknown,
  ): string {
    const tell = this.callbacks.forManage(callback)
    const content = command()
    this.requireConnection()
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
          const { missing } = this.connection
          const where = missing.map(({ name, endpoint }) => `the ${name} link (${endpoint})`).join(' and ')
          const detail = `no welcome on ${where} within ${timeoutMs} ms; is the manager up?`
          reject(clusterError('connectionEstablishment', { detail, details: { links: missing.map(({ name }) => name), timeoutMs } }))
        }, timeoutMs)
        this.connection.connect()
      })
    } finally {
      clearTimeout(timer)
      this.opened = undefined
    }
  }

  private async checkLinks(timeoutMs: number): Promise<void> {
    const { connection } = this
    for (const link of [connection.inference, connection.management]) {
      if (await connection.check(link, timeoutMs)) continue
      throw notConnected(`the check of the ${link.name} link was not answered within ${timeoutMs} ms`)
    }
  }

  private onConnected(): void {
    this.opened?.resolve()
    const again = this.everConnected && this.lost
    this.everConnected = true
    this.lost = false
    this.inference.admit()
    if (again) this.tell('connected', connectionEvent('connectionRestored', 'both links stand again'))
  }

  private onLost(detail: string): void {
    if (this.released || this.lost) return
    this.lost = true
    this.tell('disconnected', connectionEvent('connectionLost', detail))
  }

  private onRefused(error: AIClusterError): void {
    if (this.opened) return this.opened.reject(error)
    this.logger.error({ err: error }, 'the cluster refuses the connection')
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

  private async drainAndClose(drainMs: number): Promise<void> {
    if (drainMs > 0) await this.whenSettled(drainMs)
    this.released = true
    for (const { traffic } of [this.connection.inference, this.connection.management]) {
      traffic.endAll('connectionFailed', 'the connection was released', true)
    }
    await this.connection.close()
  }

  /** Everything open and waiting has its outcome, or the time has passed, or nobody wants to wait any more. */
  private whenSettled(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs)
      this.cutDrain = () => {
        clearTimeout(timer)
        resolve()
      }
      const look = () => {
        if (this.inference.openCount + this.inference.waitingCount + this.management.openCount === 0) this.cutDrain?.()
      }
      this.inference.onSettled = this.management.onSettled = look
      look()
    })
  }
}
