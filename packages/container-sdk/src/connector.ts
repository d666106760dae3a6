import { clusterError, type InferenceResponse, type KeysOf } from '@aicluster/protocol'
import { type ConnectorOptions, resolveConnectorOptions } from './connector-options'
import { ContainerRuntime } from './container-runtime'
import { requireOptions } from './option-keys'
import { PUBLISH_KEYS, type PublishOptions } from './publisher'
import type { ByteRequest, ImageRequest, ReceivedRequest } from './received-request'
import type { RequestHandler } from './serve-loop'
import { TerminationSignal } from './termination-signal'

/** How {@link Connector.serve} handles requests. */
export interface ServeOptions {
  /** Requests handled at once. Default: the container's credits (`max_send_num`). */
  concurrency?: number
  /**
   * Whether SIGTERM drains and then ends the process with exit code 0: the Connector is closed as by {@link Connector.close}; what
   * stands after `serve` has a second to finish. A second SIGTERM cuts the drain short, a third one ends the process at once.
   * Default: true in a process that the cluster started, else false.
   */
  handleSignals?: boolean
}

/** How a receive waits. */
export interface ReceiveOptions {
  /** How long to wait for a request, in ms; 0 or nothing: for ever. (The seed counts seconds.) */
  timeout?: number
}

/** How {@link Connector.receiveRequests} gathers a batch. */
export interface ReceiveBatchOptions extends ReceiveOptions {
  /** Requests of one batch at most. Default: the container's credits (`max_send_num`), which are never exceeded anyway. */
  max?: number
  /** How long to wait for the batch to fill once its first request is there, in ms. Default 0: take what is there. */
  waitMs?: number
}

/** How {@link Connector.close} drains. */
export interface CloseOptions {
  /** How long it may take until requests in hand are answered and the manager has the answers, in ms. Default 30,000. */
  drainMs?: number
}

const SERVE_KEYS: KeysOf<ServeOptions> = { concurrency: true, handleSignals: true }
const RECEIVE_KEYS: KeysOf<ReceiveOptions> = { timeout: true }
const BATCH_KEYS: KeysOf<ReceiveBatchOptions> = { ...RECEIVE_KEYS, max: true, waitMs: true }
const CLOSE_KEYS: KeysOf<CloseOptions> = { drainMs: true }

const DRAIN_MS = 30_000

/**
 * What a program inside a container uses to receive requests and send responses.
 *
 * Connections come and go without the program's noticing: what it has in hand goes on, and answers are kept until they have reached
 * their applications (up to 64 MB of them; beyond that the oldest become error 314).
 *
 * @see SDK API reference, chapter 5
 * @example
 * const connector = await Connector.open()
 * await connector.serve(({ data }) => ({ bytes: data.length }))
 */
export class Connector implements AsyncDisposable {
  private readonly termination = new TerminationSignal(() => this.close())

  private constructor(
    private readonly runtime: ContainerRuntime,
    private readonly isContainer: boolean,
  ) {}

  /**
   * Connect to the cluster manager. It sends no request before the first receive (or {@link Connector.ready}):
   * a container that still loads its model gets nothing.
   *
   * @throws InvalidArgumentError (100): an argument is in neither options nor environment, or invalid; (302): an option that is unknown
   * @throws SocketConnectionError (110): the manager was not reached in time, or refused the container, with the reason
   * @see SDK API reference, chapter 5, section 1
   */
  static async open(options: ConnectorOptions = {}): Promise<Connector> {
    const resolved = resolveConnectorOptions(options, process.env)
    const runtime = new ContainerRuntime(resolved)
    await runtime.connect()
    return new Connector(runtime, resolved.instance !== '')
  }

  /** Take requests from now on. Implied by the first receive. */
  ready(): void {
    this.runtime.ready()
  }

  /**
   * Wait for a request.
   * @throws ContainerReceiveTimeoutError (401): none came within `timeout`
   * @throws InvalidArgumentError (302): `timeout` is no number of 0 or more, or an option is unknown
   * @throws ConnectionFailedError (111): the Connector is closed, or closes and nothing more will come
   * @see SDK API reference, chapter 5, section 3
   */
  receiveRequest(options: ReceiveOptions = {}): Promise<ByteRequest> {
    return this.receive(options)
  }

  /**
   * Wait for a request whose data is an array.
   * @throws ContainerReceiveTimeoutError (401): none came within `timeout`
   * @throws InvalidArgumentError (302): `timeout` is no number of 0 or more, or an option is unknown
   * @throws ConnectionFailedError (111): the Connector is closed, or closes and nothing more will come
   * @see SDK API reference, chapter 5, section 2
   */
  receiveRequestImage(options: ReceiveOptions = {}): Promise<ImageRequest> {
    return this.receive(options)
  }

  /**
   * Wait for a request, and take those that are there with it: a model that can run several at once runs them as one batch.
   *
   * Waits for the first as long as `timeout` says, then for further ones up to `waitMs`, but no longer than more can come: not when
   * there are `max`, or as many in hand as the container has credits. Answer each by itself, in any order. Ours.
   *
   * @returns 1 to `max` requests, oldest first
   * @throws ContainerReceiveTimeoutError (401): not one came within `timeout`
   * @throws InvalidArgumentError (302): `max` is no integer of 1 or more, `waitMs` or `timeout` no number of 0 or more, or an option is unknown
   * @throws ConnectionFailedError (111): the Connector is closed, or closes and nothing more will come
   * @example
   * for (;;) {
   *   const batch = await connector.receiveRequests({ max: 8, waitMs: 5 })
   *   const results = await model.run(batch.map(({ data }) => data))
   *   batch.forEach(({ response }, index) => connector.sendResponse(results[index], response))
   * }
   */
  async receiveRequests(options: ReceiveBatchOptions = {}): Promise<ReceivedRequest[]> {
    requireOptions(options, BATCH_KEYS)
    const { max, waitMs = 0, timeout = 0 } = options
    const { runtime } = this
    if (max !== undefined) requireCount('max', max)
    requireMs('waitMs', waitMs)
    requireMs('timeout', timeout)
    runtime.ready()
    return runtime.intake.nextBatch({ max: max ?? runtime.maxSendNum, waitMs, timeoutMs: timeout, credits: () => runtime.maxSendNum })
  }

  /** Every request, one after another, until the Connector closes and none that has come already is left. Ours. */
  async *requests(): AsyncGenerator<ReceivedRequest, void, void> {
    for (;;) {
      let request: ReceivedRequest
      try {
        request = await this.receive()
      } catch (error) {
        if (this.runtime.isClosing) return
        throw error
      }
      yield request
    }
  }

  /**
   * Answer every request with what `handler` returns, until the Connector is closed. Where it is an async generator, each value that it
   * yields is sent as a part (see {@link Connector.sendPart}); when nobody waits any more, it is returned from at its next `yield`. A handler that throws answers with that error
   * (an `AIClusterError` as it is, anything else as code 999 with its message) and is logged, unless its `signal` had aborted. Ours.
   *
   * @param handler - gets each request; what it returns, or resolves to, is the result
   * @param options - how many at once, and who handles SIGTERM
   * @throws InvalidArgumentError (302): `concurrency` is no integer of 1 or more, an option is unknown, or `serve` runs already
   */
  async serve(handler: RequestHandler, options: ServeOptions = {}): Promise<void> {
    requireOptions(options, SERVE_KEYS)
    const { concurrency, handleSignals = this.isContainer } = options
    if (concurrency !== undefined) requireCount('concurrency', concurrency)
    this.runtime.handleWith(handler, concurrency ?? this.runtime.maxSendNum)
    if (handleSignals) this.termination.listen()
    await this.runtime.whenClosed
    this.termination.stop()
  }

  /**
   * Send the result of a request back. A sink's (`output: None`) goes nowhere: it says that the program is done, and gives its credit back. It is kept until the application has it, whatever happens to connection and manager meanwhile.
   * What belongs to no request in hand any more (answered already) is dropped.
   *
   * @param result - anything JSON can hold; a `Uint8Array` or `NdArray` anywhere in it travels as binary. One that is the result's only
   *   binary part and has more than 64 KB is not copied: do not touch its memory again, make a new one for the next result
   * @param response - what came with the request
   * @throws InvalidArgumentError (302): the result holds what cannot travel, or is larger than the cluster takes
   * @see SDK API reference, chapter 5, section 4
   */
  sendResponse(result: unknown, response: InferenceResponse): void {
    this.runtime.sendResponse(result, response)
  }

  /**
   * Send a part of a result, ahead of {@link Connector.sendResponse}. The application reads it with `inferStream`. Where it called
   * `infer` (`request.wantsParts` is false) nothing is sent, and it resolves in the next turn of the event loop.
   *
   * It resolves once the part is on its way: while 16 parts, or 1 MB of them, have not been read, it waits for the reader. Parts are kept
   * until they are read, so that a loss on the way is made good. Ours.
   *
   * @param part - as a result: anything JSON can hold, binary parts included; the same rules of copying
   * @param response - what came with the request
   * @throws InvalidArgumentError (302): the part holds what cannot travel, or is larger than the cluster takes
   * @throws RequestAbortedError (312): nobody waits for the result any more, or it has been sent
   * @throws ConnectionFailedError (111): the Connector is closed
   * @example
   * for await (const token of model.generate(prompt)) await connector.sendPart(token, response)
   * connector.sendResponse({ tokens }, response)
   */
  sendPart(part: unknown, response: InferenceResponse): Promise<void> {
    return this.runtime.sendPart(part, response)
  }

  /**
   * Answer a request with an error: the application's call rejects with it. Kept like a result. Ours.
   * @param error - an `AIClusterError` as it is; anything else as code 999 with its message
   * @param response - what came with the request
   */
  sendError(error: unknown, response: InferenceResponse): void {
    this.runtime.sendError(error, response)
  }

  /**
   * Publish something, from a container whose inference is a source (`input: None`, `output: Main`): every application that has
   * subscribed gets it, at most once and in order. Never waits: what the cluster or an application does not take in time, and what is
   * published while the connection is gone, is dropped and counted. Says {@link Connector.ready} too. Ours.
   *
   * @param result - anything JSON can hold; a `Uint8Array` or `NdArray` anywhere in it travels as binary. Copied, unless `copy` is false
   * @param metadata - an object; what the applications get as `response.metadata`
   * @returns whether the connection stands; without it nothing was sent. Whether anybody has subscribed is not known here
   * @throws InvalidArgumentError (302): it holds what cannot travel, is larger than the cluster takes, `name` is not served here, or an option is unknown
   * @example
   * for await (const frame of camera) connector.publish({ frame })
   */
  publish(result: unknown, metadata?: Record<string, unknown>, options: PublishOptions = {}): boolean {
    requireOptions(options, PUBLISH_KEYS)
    return this.runtime.publish(result, metadata, options)
  }

  /** What was published and dropped in this process: without a connection, or faster than the cluster took it. Ours. */
  get publishedDropped(): number {
    return this.runtime.publishedDropped
  }

  /**
   * Take no new request, finish those in hand and those on their way, wait until the manager has the answers (all of this for at most
   * `drainMs`), say goodbye. What nobody waits for any more holds it up only while its `serve` handler runs. Ours.
   *
   * @throws InvalidArgumentError (302): an option is unknown
   */
  async close(options: CloseOptions = {}): Promise<void> {
    requireOptions(options, CLOSE_KEYS)
    const { drainMs = DRAIN_MS } = options
    return this.runtime.close(drainMs, () => this.termination.isCutShort)
  }

  /** {@link Connector.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private async receive(options: ReceiveOptions = {}): Promise<ReceivedRequest> {
    requireOptions(options, RECEIVE_KEYS)
    const { timeout = 0 } = options
    requireMs('timeout', timeout)
    this.runtime.ready()
    return this.runtime.intake.next(timeout)
  }
}

function requireMs(argument: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return
  throw clusterError('invalidParameter', { detail: `${argument} is ${String(value)}, it must be 0 or more ms` })
}

function requireCount(argument: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return
  throw clusterError('invalidParameter', { detail: `${argument} is ${String(value)}, it must be an integer of 1 or more` })
}
