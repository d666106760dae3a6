import {
  type AIClusterError,
  asAIClusterError,
  clusterError,
  decodeMsgpack,
  type Envelope,
  encodeError,
  encodeMsgpack,
  encodeResult,
  type InferenceResponse,
  RecordKind,
  type RequestHeader,
  type ResultHeader,
  UnknownError,
} from '@aicluster/protocol'
import { NumberTable } from '@aicluster/transport'
import { type ConnectorOptions, type ResolvedConnectorOptions, resolveConnectorOptions } from './connector-options'
import { ContainerConnection, notReached } from './container-connection'
import { container_log_util } from './container-log-util'
import { withRequest } from './log-context'
import { type ByteRequest, type ImageRequest, ReceivedRequest, responseFor } from './received-request'
import { StartedReport } from './started-report'

/** Answers one request; what it returns is the result. */
export type RequestHandler = (request: ReceivedRequest) => unknown | Promise<unknown>

export interface ServeOptions {
  /** Requests handled at once. Default: the container's credits (`max_send_num`). */
  concurrency?: number
}

export interface ReceiveOptions {
  /** How long to wait for a request, in ms; 0 or nothing: for ever. (The seed counts seconds.) */
  timeout?: number
}

export interface CloseOptions {
  /** How long requests in hand may take to finish, in ms. Default 30,000. */
  drainMs?: number
}

interface Waiter {
  resolve(request: ReceivedRequest): void
  reject(error: AIClusterError): void
  timer: NodeJS.Timeout | undefined
}

/**
 * What a program inside a container uses to receive requests and send responses.
 *
 * @see SDK API reference, chapter 5
 * @example
 * const connector = await Connector.open()
 * await connector.serve(({ data }) => ({ bytes: data.length }))
 */
export class Connector implements AsyncDisposable {
  private readonly connection: ContainerConnection
  private readonly inHand = new NumberTable<ReceivedRequest>()
  private readonly backlog: ReceivedRequest[] = []
  private readonly waiters: Waiter[] = []
  private readonly started: StartedReport
  private handler: RequestHandler | undefined
  private concurrency = 1
  private active = 0
  private wantsRequests = false
  private closing: Promise<void> | undefined
  private orphanTimer: NodeJS.Timeout | undefined
  private opened: { resolve(): void; reject(error: AIClusterError): void } | undefined
  private maxSendNum = 1
  private onServeEnd: (() => void) | undefined
  private onIdle: (() => void) | undefined

  private constructor(private readonly options: ResolvedConnectorOptions) {
    this.started = new StartedReport(this.inHand, (requests) =>
      this.connection.signal('answers', RecordKind.started, encodeMsgpack({ requests })),
    )
    this.connection = new ContainerConnection(options, {
      onConnected: (welcome) => this.onConnected(welcome.max_send_num ?? 1),
      onDisconnected: () => this.onDisconnected(),
      onRequest: (envelope, name, header, body) => this.onRequest(envelope, name, header, body),
      onCancel: (number) => this.inHand.get(number)?.cancel(),
      onRefused: (error) => this.onRefused(error),
    })
  }

  /**
   * Connect to the cluster manager. It sends no request before the first receive (or {@link Connector.ready}):
   * a container that still loads its model gets nothing.
   *
   * @throws InvalidArgumentError (100): an argument is in neither options nor environment, or invalid
   * @throws SocketConnectionError (110): the manager was not reached in time, or refused the container, with the reason
   * @see SDK API reference, chapter 5, section 1
   */
  static async open(options: ConnectorOptions = {}): Promise<Connector> {
    const resolved = resolveConnectorOptions(options, process.env)
    const connector = new Connector(resolved)
    await connector.connect()
    return connector
  }

  /** Take requests from now on. Implied by the first receive. */
  ready(): void {
    if (this.wantsRequests) return
    this.wantsRequests = true
    if (this.connection.isConnected) this.connection.signal('requests', RecordKind.ready)
  }

  /**
   * Wait for a request.
   * @throws ContainerReceiveTimeoutError (401): none came within `timeout`
   * @throws ConnectionFailedError (111): the Connector was closed
   * @see SDK API reference, chapter 5, section 3
   */
  receiveRequest(options: ReceiveOptions = {}): Promise<ByteRequest> {
    return this.receive(options)
  }

  /**
   * Wait for a request whose data is an array.
   * @throws ContainerReceiveTimeoutError (401): none came within `timeout`
   * @throws ConnectionFailedError (111): the Connector was closed
   * @see SDK API reference, chapter 5, section 2
   */
  receiveRequestImage(options: ReceiveOptions = {}): Promise<ImageRequest> {
    return this.receive(options)
  }

  /** Every request, one after another, until the Connector is closed. Ours. */
  async *requests(): AsyncGenerator<ReceivedRequest, void, void> {
    while (!this.closing) {
      let request: ReceivedRequest
      try {
        request = await this.receive()
      } catch (error) {
        if (this.closing) return
        throw error
      }
      yield request
    }
  }

  /**
   * Answer every request with what `handler` returns, until the Connector is closed. A handler that throws answers
   * with that error (an `AIClusterError` as it is, anything else as code 999 with its message) and is logged. Ours.
   */
  async serve(handler: RequestHandler, { concurrency }: ServeOptions = {}): Promise<void> {
    if (this.handler) throw clusterError('invalidParameter', { detail: 'serve is already running on this Connector' })
    if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0)) {
      throw clusterError('invalidParameter', { detail: `concurrency is ${concurrency}, it must be an integer of 1 or more` })
    }
    this.handler = handler
    this.concurrency = concurrency ?? this.maxSendNum
    this.ready()
    this.work()
    await new Promise<void>((resolve) => {
      this.onServeEnd = resolve
    })
  }

  /**
   * Send the result of a request back. What belongs to no request in hand any more (already answered, or received
   * over a connection that is gone) is dropped.
   *
   * @param result - anything JSON can hold; a `Uint8Array` or `NdArray` anywhere in it travels as binary and must
   *   not be changed until it has left
   * @throws InvalidArgumentError (302): the result holds what cannot travel, or is larger than the cluster takes
   * @see SDK API reference, chapter 5, section 4
   */
  sendResponse(result: unknown, response: InferenceResponse): void {
    const request = this.held(response)
    if (!request) return
    const { metadata, metadataSys, subInferenceName, timeStamp } = response
    let encoded: ReturnType<typeof encodeResult>
    try {
      encoded = encodeResult(result)
    } catch (cause) {
      throw clusterError('invalidParameter', { detail: `result: ${(cause as Error).message}`, requestNo: response.requestNo, cause })
    }
    const sentAtMs = performance.timeOrigin + performance.now()
    const content: ResultHeader = { result: encoded.result, received_at: timeStamp[3] ?? 0, sent_at: sentAtMs }
    if (encoded.attachments.length > 0) content.attachments = encoded.attachments
    if (hasKeys(metadata)) content.metadata = metadata
    if (hasKeys(metadataSys) && !(metadataSys.array && Object.keys(metadataSys).length === 1)) content.metadata_sys = metadataSys
    const header = encodeMsgpack(content)
    const tooLarge = this.connection.refusesSize(header.length, encoded.body?.length ?? 0)
    if (tooLarge) throw clusterError('invalidParameter', { detail: `result: ${tooLarge}`, requestNo: response.requestNo })
    this.finish(request)
    this.connection.answer(RecordKind.result, request.number, subInferenceName, header, encoded.body)
  }

  /**
   * Answer a request with an error: the application's call rejects with it. Ours.
   * @param error - an `AIClusterError` as it is; anything else as code 999 with its message
   */
  sendError(error: unknown, response: InferenceResponse): void {
    const request = this.held(response)
    if (!request) return
    this.finish(request)
    this.connection.answer(RecordKind.error, request.number, response.subInferenceName, encodeError(asAIClusterError(error)), undefined)
  }

  /** Take no new request, finish those in hand (at most `drainMs`), say goodbye. Ours. */
  close({ drainMs = 30_000 }: CloseOptions = {}): Promise<void> {
    this.closing ??= this.drainAndClose(drainMs)
    return this.closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private async drainAndClose(drainMs: number): Promise<void> {
    clearTimeout(this.orphanTimer)
    if (this.connection.isConnected) this.connection.signal('requests', RecordKind.draining)
    const error = clusterError('connectionFailed', { detail: 'the Connector was closed' })
    for (const waiter of this.waiters.splice(0)) {
      clearTimeout(waiter.timer)
      waiter.reject(error)
    }
    await this.whenIdle(drainMs)
    if (this.connection.isConnected) this.connection.signal('answers', RecordKind.goodbye)
    this.started.stop()
    await this.connection.close()
    this.onServeEnd?.()
  }

  private whenIdle(limitMs: number): Promise<void> {
    if (this.inHand.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs)
      this.onIdle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  private async connect(): Promise<void> {
    const { connectTimeoutMs, requestsEndpoint } = this.options
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.opened = { resolve, reject }
        timer = setTimeout(() => reject(notReached(requestsEndpoint, connectTimeoutMs)), connectTimeoutMs)
        this.connection.connect()
      })
    } catch (error) {
      await this.connection.close()
      throw error
    } finally {
      clearTimeout(timer)
      this.opened = undefined
    }
  }

  private onConnected(maxSendNum: number): void {
    clearTimeout(this.orphanTimer)
    this.maxSendNum = maxSendNum
    this.opened?.resolve()
    if (this.wantsRequests && !this.closing) this.connection.signal('requests', RecordKind.ready)
  }

  private onDisconnected(): void {
    // Their outcome is 402 already; what the program still sends for them is dropped.
    for (const request of this.inHand.values()) request.cancel()
    this.inHand.clear()
    this.backlog.length = 0
    this.onIdle?.()
    if (this.closing || this.options.orphanTimeoutMs === 0 || !this.options.instance) return
    this.orphanTimer = setTimeout(() => this.endOrphan(`no manager for ${this.options.orphanTimeoutMs} ms`), this.options.orphanTimeoutMs)
  }

  private onRefused(error: AIClusterError): void {
    if (this.opened) this.opened.reject(error)
    else if (this.options.instance && !this.closing) this.endOrphan(error.message)
  }

  private endOrphan(reason: string): void {
    container_log_util.warning(`this container ends: ${reason}`)
    process.exit(0)
  }

  private receive({ timeout = 0 }: ReceiveOptions = {}): Promise<ReceivedRequest> {
    if (this.closing) return Promise.reject(clusterError('connectionFailed', { detail: 'the Connector was closed' }))
    if (!(Number.isFinite(timeout) && timeout >= 0)) {
      return Promise.reject(clusterError('invalidParameter', { detail: `timeout is ${String(timeout)}, it must be 0 or more ms` }))
    }
    this.ready()
    const waiting = this.backlog.shift()
    if (waiting) return Promise.resolve(this.taken(waiting))
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject, timer: undefined }
      if (timeout > 0) {
        waiter.timer = setTimeout(() => {
          this.waiters.splice(this.waiters.indexOf(waiter), 1)
          reject(clusterError('receiveTimeout', { detail: `no request within ${timeout} ms`, details: { timeout } }))
        }, timeout)
      }
      this.waiters.push(waiter)
    })
  }

  private onRequest(envelope: Envelope, name: string, headerBytes: Uint8Array, body: Uint8Array): void {
    const number = envelope.request
    let header: Partial<RequestHeader>
    try {
      header = (decodeMsgpack(headerBytes) ?? {}) as Partial<RequestHeader>
    } catch (cause) {
      const error = clusterError('notJson', { detail: "the request's header is not msgpack", cause })
      this.connection.answer(RecordKind.error, number, name, encodeError(error), undefined)
      return
    }
    const response = responseFor(header, String(number), name, envelope.receivedAtMs, envelope.sentAtMs)
    const request = new ReceivedRequest(body, response, this.connection.generation, number)
    this.inHand.set(number, request)
    const waiter = this.waiters.shift()
    if (waiter) {
      clearTimeout(waiter.timer)
      waiter.resolve(this.taken(request))
    } else {
      this.backlog.push(request)
      if (this.handler) this.work()
    }
  }

  private taken(request: ReceivedRequest): ReceivedRequest {
    request.takenAtMs = performance.now()
    this.started.arm()
    return request
  }

  private work(): void {
    while (this.active < this.concurrency) {
      const request = this.backlog.shift()
      if (!request) return
      this.active++
      void this.handle(this.taken(request))
    }
  }

  private async handle(request: ReceivedRequest): Promise<void> {
    const { response } = request
    try {
      const pending = withRequest(response.requestNo, this.handler as RequestHandler, request)
      this.sendResponse(pending instanceof Promise ? await pending : pending, response)
    } catch (error) {
      withRequest(response.requestNo, () => container_log_util.exception('the handler failed', -1, error), request)
      this.sendError(handlerError(error), response)
    } finally {
      this.active--
      this.work()
    }
  }

  private held(response: InferenceResponse): ReceivedRequest | undefined {
    const request = this.inHand.get(Number(response.requestNo))
    return request && request.generation === this.connection.generation ? request : undefined
  }

  private finish(request: ReceivedRequest): void {
    this.inHand.delete(request.number)
    if (this.inHand.size === 0) this.onIdle?.()
  }
}

const hasKeys = (value: object | undefined): boolean => {
  for (const _key in value) return true
  return false
}

const handlerError = (error: unknown): unknown =>
  error instanceof Error && !('code' in error && typeof error.code === 'number')
    ? new UnknownError('internal', { detail: `the container's program failed: ${error.message}`, cause: error })
    : error
