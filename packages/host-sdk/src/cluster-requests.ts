import { asAIClusterError, clusterError, type InferenceResponse, type NdArray } from '@aicluster/protocol'
import { requireBytes, requireData, requireImage, requireInferenceName, requireOptions, requireParam, wrongArgument } from './arguments'
import { CALL_KEYS, type CallOptions, checkCallOptions, INFER_KEYS, type InferOptions, untilGivenUp } from './call-options'
import type { InferCallback } from './callbacks'
import type { ClusterLife } from './cluster-life'
import type { InferenceResult } from './requests/inference-result'
import type { OpenRequest, OutcomeReceiver } from './requests/open-request'
import { type InferenceStream, PartReader } from './streams/part-reader'
import type { Subscription } from './subscriptions/subscription'
import type { SubscribeOptions } from './subscriptions/subscriptions'

/** What runs inferences: everything of {@link AICluster} that goes over the inference link. */
export abstract class ClusterRequests {
  /** @internal */
  protected readonly life: ClusterLife

  /** @internal */
  protected constructor(life: ClusterLife) {
    this.life = life
  }

  /** Requests that have a number and no outcome yet. Ours. */
  get openRequests(): number {
    return this.life.inference.openCount
  }

  /** Requests that wait inside the SDK for room (`maxPending`, `maxPendingBytes`). Ours. */
  get waitingRequests(): number {
    return this.life.inference.waitingCount
  }

  /**
   * Wait until there is room: until `infer` would not wait inside the SDK, and `inferAsync` would not throw 305.
   *
   * First come, first served; requests that wait inside `infer` already come before. As many callers go on at a time as would fit,
   * so call at once: the room is not reserved. While the connection is lost nobody goes on. Ours.
   *
   * @param dataBytes - bytes of data that the call will carry. Default 0. A param of up to 1 KB is allowed for
   * @throws InvalidArgumentError (302): `dataBytes` is not a number of bytes
   * @throws RequestAbortedError (312), RequestTimeoutError (313): through `signal`, `timeout`
   * @throws SocketConnectionError (110): the cluster does not let this application's key in any more
   * @throws ConnectionFailedError (111): there is no connection to the cluster; it went and did not come back within
   *   `reconnectTimeoutMs`; it was released
   * @example
   * for (const image of images) {
   *   await cluster.waitForRoom(image.length)
   *   cluster.inferAsync('digits', image, undefined, callback)
   * }
   */
  async waitForRoom(dataBytes = 0, options: CallOptions = {}): Promise<void> {
    if (!(Number.isFinite(dataBytes) && dataBytes >= 0)) throw wrongArgument('dataBytes', dataBytes, 'a number of bytes')
    const { life } = this
    const given = requireOptions<CallOptions>(options, 'options', CALL_KEYS)
    checkCallOptions(given)
    life.requireConnection()
    if (!given.signal && given.timeout === undefined) return life.inference.whenFree(dataBytes)
    await untilGivenUp(given, 'waitForRoom', (givenUp) => life.inference.whenFree(dataBytes, givenUp))
  }

  /**
   * Run an inference on one array, such as an image.
   *
   * While `maxPending` requests or `maxPendingBytes` are open, the call waits inside the SDK for room, first come first served;
   * `timeout` and `signal` count from the call. A request that is open while the connection is lost waits for its return, for at
   * most `reconnectTimeoutMs`, and is sent again if the cluster does not know it: it runs at most once.
   *
   * @param inferenceName - what is asked
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
   * @throws SocketConnectionError (110): the cluster does not let this application's key in any more
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
   * @param inferenceName - what is asked
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

  /**
   * Get what a source (`input: None`, `output: 'Main'`) publishes from now on, as it comes, beside every other application that asked.
   *
   * At most once and in the order of each container's life: what is published while this application, a container or the manager is not
   * there, or faster than it is read, is dropped and counted (`dropped`; `published_dropped_total` in the metrics). It goes on by itself
   * over restarts of containers and manager, with a gap. A slow reader slows nobody. Ours.
   *
   * @param inferenceName - the source
   * @returns resolves when the cluster knows; read it with `for await`, end it by leaving the loop
   * @throws InvalidArgumentError (100) the name is missing; (302) the inference is no source, or an option is wrong
   * @throws InferenceNameNotFoundError (300): nothing is registered under this name
   * @throws ConnectionFailedError (111), RequestAbortedError (312), RequestTimeoutError (313): as every command. `signal` also ends what
   *   it has returned; `timeout` is of this call alone
   * @example
   * for await (const { result, response } of await cluster.subscribe('camera')) show(result, response.metadata)
   */
  subscribe(inferenceName: string, options?: SubscribeOptions): Promise<Subscription> {
    return this.life.subscriptions.subscribe(inferenceName, options)
  }

  /**
   * Not supported, in the original neither: always rejects.
   * @throws NotImplementedError (900)
   * @see SDK API reference, chapter 8
   */
  async inferVoice(..._given: unknown[]): Promise<never> {
    throw unsupported('infer_voice')
  }

  /** Like {@link AICluster.inferVoice}. @throws NotImplementedError (900), always */
  inferVoiceAsync(..._given: unknown[]): never {
    throw unsupported('infer_voice')
  }

  /**
   * Not supported, in the original neither: always rejects.
   * @throws NotImplementedError (900)
   * @see SDK API reference, chapter 8
   */
  async inferText(..._given: unknown[]): Promise<never> {
    throw unsupported('infer_text')
  }

  /** Like {@link AICluster.inferText}. @throws NotImplementedError (900), always */
  inferTextAsync(..._given: unknown[]): never {
    throw unsupported('infer_text')
  }

  /**
   * Run an inference whose container answers in parts, and read them as they come. Ours.
   *
   * The parts come in order, each once, then the result. What is refused, also by the SDK, and whatever ends the stream early, is thrown by
   * the loop (after the parts before it) and rejects `result`. Leaving the loop aborts the request; so does `signal`. `timeout` is for the
   * whole stream; the inference's own `waitQueueTimeout` counts from part to part while the container does not wait for the reader. A stream
   * is never run again: it ends with 402 if its container goes, or the manager is restarted.
   *
   * @param inferenceName - what is asked
   * @param data - bytes, or one array as with `inferImage`; the same rules of copying
   * @param param - what the container gets as `metadata`: an object, or a JSON string of one
   * @throws nothing itself; the loop and `result`: the same as {@link AICluster.inferImage}
   * @example
   * const stream = cluster.inferStream('chat', Buffer.from('Hello'))
   * for await (const part of stream) process.stdout.write(String(part))
   * const { result } = await stream.result
   */
  inferStream(
    inferenceName: string,
    data: Uint8Array | NdArray,
    param?: Record<string, unknown> | string,
    options: InferOptions = {},
  ): InferenceStream {
    const reader = new PartReader()
    try {
      this.sendRequest(requireInferenceName(inferenceName), requireData(data), param, options, reader, true)
    } catch (error) {
      reader.onError(asAIClusterError(error))
    }
    return reader
  }

  private inferWithCallback(
    data: () => Uint8Array | NdArray,
    inferenceName: string,
    param: Record<string, unknown> | string | undefined,
    callback: InferCallback | undefined,
  ): string {
    const tell = this.life.callbacks.forInfer(callback)
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
    const checked = requireOptions<InferOptions>(options, 'options', INFER_KEYS)
    checkCallOptions(checked)
    this.life.requireConnection()
    return this.life.inference.send(inferenceName, data, requireParam(param), checked, receiver, mayWait)
  }
}

const unsupported = (command: string) => clusterError('notImplemented', { detail: `${command}; send the data with infer instead`, command })
