import { clusterError } from '@aicluster/protocol'
import { requireOptions, requireWhole, wrongArgument } from './arguments'
import { CALL_KEYS, type CallOptions, MAX_TIMER_MS, RELEASE_KEYS, type ReleaseOptions, requireDrainMs, untilGivenUp } from './call-options'
import type { CallbackOptions } from './callbacks'
import { ClusterBoards } from './cluster-boards'
import { ClusterLife } from './cluster-life'
import { CONNECT_KEYS, type ConnectOptions } from './connection/connect-options'
import type { ClusterEventMap } from './events'
import type { Logger } from './logger'

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000

/**
 * An application's connection to a cluster: load inferences, run them, look at them.
 *
 * Beside the errors of its own, every command may reject with
 * - InvalidArgumentError (302): its options object has a key that is not one of the call's; nothing is sent
 * - ConnectionFailedError (111): there is no connection; or it went and did not come back within `reconnectTimeoutMs`; or the
 *   manager was restarted meanwhile. In the last two cases the command may or may not have been carried out
 * - SocketConnectionError (110): the cluster does not let this application's key in any more. It is tried again, for ever
 * - RequestAbortedError (312), RequestTimeoutError (313): through `signal`, `timeout`; the cluster takes back what it can
 * - OutcomeExpiredError (314): the cluster dropped this application's session before the reply reached it
 *
 * While the connection is lost an open command waits; it is never carried out twice.
 *
 * @see SDK API reference, chapter 2
 * @example
 * await using cluster = await AICluster.connect()
 * await cluster.loadInference({ name: 'echo', implementationType: 'Loop' }, 'all')
 * const { result } = await cluster.infer('echo', Buffer.from('hello'))
 */
export class AICluster extends ClusterBoards implements AsyncDisposable {
  private constructor(options: ConnectOptions) {
    super(new ClusterLife(options))
  }

  /**
   * Connect to a cluster over its inference and its management link.
   *
   * @throws SocketConnectionError (110): a link's handshake was not done in time, or its hello was refused, with the reason
   * @throws ConnectionFailedError (111): a link stands, but its check goes unanswered
   * @throws InvalidArgumentError (302): the endpoint is not one, the key file holds something else, an option is out of its range or unknown;
   *   (301): the key file cannot be read
   * @throws RequestAbortedError (312): through `signal`
   * @see SDK API reference, chapter 8, `__init__`
   */
  static async connect(options: ConnectOptions = {}): Promise<AICluster> {
    const given = requireOptions<ConnectOptions>(options, 'options', CONNECT_KEYS)
    const timeoutMs = given.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
    requireWhole('connectTimeoutMs', timeoutMs, 1, MAX_TIMER_MS)
    const cluster = new AICluster(given)
    try {
      await untilGivenUp(given.signal ? { signal: given.signal } : {}, 'connect', async () => {
        await cluster.life.open(timeoutMs)
        await cluster.life.checkLinks(timeoutMs)
      })
    } catch (error) {
      await cluster.release()
      throw error
    }
    return cluster
  }

  /** Whether both links stand. Between 112 and 113 it is false, and new calls are refused with 111; what is open waits. Ours. */
  get isConnected(): boolean {
    return this.life.connection.isConnected
  }

  /**
   * Check that the cluster still answers on both links.
   * @throws SocketConnectionError (110): it does not, for 5 s on one of them
   * @throws RequestAbortedError (312), RequestTimeoutError (313): through `signal`, `timeout`
   * @see SDK API reference, chapter 2, section 17
   */
  async connectAICluster(options: CallOptions = {}): Promise<void> {
    await untilGivenUp(requireOptions<CallOptions>(options, 'options', CALL_KEYS), 'connect_aicluster', () => this.check())
  }

  /**
   * Set the callbacks that serve every `…Async` call without one of its own, and the events.
   * A key left out keeps what was set, `null` clears.
   * @throws InvalidArgumentError (302): a value that is no function
   * @see SDK API reference, chapter 2, section 1
   */
  setCallback(options: CallbackOptions): void {
    this.life.callbacks.set(options)
  }

  /** @see SDK API reference, chapter 2, section 10 */
  getLogger(): Logger {
    return this.life.logger
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
    this.life.logger = logger
  }

  /**
   * Listen to what happens without being asked for. Ours.
   * @param event - its name
   * @param listener - called each time; one that throws is logged
   */
  on<Name extends keyof ClusterEventMap>(event: Name, listener: (...args: ClusterEventMap[Name]) => void): this {
    this.life.events.on(event, listener as never)
    return this
  }

  /**
   * Stop listening. Ours.
   * @param event - its name
   * @param listener - what `on` was given
   */
  off<Name extends keyof ClusterEventMap>(event: Name, listener: (...args: ClusterEventMap[Name]) => void): this {
    this.life.events.off(event, listener as never)
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
    const drainMs = requireDrainMs(requireOptions<ReleaseOptions>(options, 'options', RELEASE_KEYS))
    return this.life.release(drainMs)
  }

  /** {@link AICluster.release}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }

  private async check(): Promise<void> {
    try {
      if (!this.life.connection.isConnected) throw this.life.connection.absence
      await this.life.checkLinks(DEFAULT_CONNECT_TIMEOUT_MS)
    } catch (cause) {
      throw clusterError('connectionEstablishment', { detail: (cause as Error).message, command: 'connect_aicluster', cause })
    }
  }
}
