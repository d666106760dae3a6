import { type AIClusterError, type CommandInput, clusterError, type Envelope, type ErrorKey, type KeysOf } from '@aicluster/protocol'
import { nameOf } from '@aicluster/transport'
import { requireInferenceName, requireOptions, wrongArgument } from '../arguments'
import { aborted, CALL_KEYS, type CallOptions, checkCallOptions } from '../call-options'
import { readPublication } from './read-publication'
import { Subscription } from './subscription'

export interface SubscribeOptions extends CallOptions {
  /** Results that may wait in this process for the reader; then the oldest is dropped and counted. Default 64. */
  buffer?: number
}

const SUBSCRIBE_KEYS: KeysOf<SubscribeOptions> = { ...CALL_KEYS, buffer: true }

const DEFAULT_BUFFER = 64
const MAX_BUFFER = 1_000_000

type SubscriptionCommand = CommandInput<'subscribe'> | CommandInput<'unsubscribe'>

/** What an application has subscribed to: one subscription of the wire for each inference, however many read it here. */
export class Subscriptions {
  private readonly byName = new Map<string, Set<Subscription>>()
  /** Names that the cluster is being told nobody wants any more. */
  private readonly leaving = new Set<string>()

  /**
   * @param send - a command; resolves with its reply
   * @param unreadable - told of what came and makes no sense
   */
  constructor(
    private readonly send: (command: SubscriptionCommand, options: CallOptions) => Promise<unknown>,
    private readonly unreadable: (error: unknown) => void,
  ) {}

  /** See `AICluster.subscribe`. */
  async subscribe(inferenceName: string, options: SubscribeOptions | undefined): Promise<Subscription> {
    const name = requireInferenceName(inferenceName)
    const { buffer = DEFAULT_BUFFER, ...call } = requireOptions<SubscribeOptions>(options, 'options', SUBSCRIBE_KEYS)
    if (!(Number.isInteger(buffer) && buffer >= 1 && buffer <= MAX_BUFFER)) {
      throw wrongArgument('buffer', buffer, `a whole number from 1 to ${MAX_BUFFER}`)
    }
    checkCallOptions(call)
    const subscription = new Subscription(name, buffer, (ended) => this.leave(ended))
    // Before the reply: what comes right behind it is wanted.
    const others = this.byName.get(name)
    if (others) others.add(subscription)
    else this.byName.set(name, new Set([subscription]))
    try {
      await this.send({ cmd: 'subscribe', inference_name: name }, call)
    } catch (error) {
      await subscription.return()
      throw error
    }
    const { signal } = call
    if (signal) {
      const onAbort = () => this.end(subscription, aborted(signal, undefined))
      signal.addEventListener('abort', onAbort, { once: true })
      subscription.unlisten = () => signal.removeEventListener('abort', onAbort)
    }
    return subscription
  }

  /** A `publish` record. */
  onPublished(e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void {
    const name = nameOf(e, frame, nameAt)
    const subscriptions = this.byName.get(name)
    // Left while there was no connection to say so.
    if (!subscriptions) return void this.tellUnwanted(name)
    try {
      // Read anew for each: they may be changed by whoever gets them.
      for (const subscription of subscriptions) subscription.push(readPublication(e, frame, nameAt, bodyFrames))
    } catch (error) {
      this.unreadable(error)
    }
  }

  /** A connection stands (again), or words of the cluster were lost: it may know nothing of what was subscribed, or have ended it. */
  renew(): void {
    for (const name of this.byName.keys()) {
      this.send({ cmd: 'subscribe', inference_name: name }, {}).catch((error: AIClusterError) => {
        // Another code is of the connection: the next one brings it here again, or it ends everything.
        if (error.code === 300 || error.code === 302) this.endName(name, error)
      })
    }
  }

  /** The cluster says that nothing more will come. */
  onEnded(error: AIClusterError): void {
    this.endName(String(error.details.inference_name), error)
  }

  private endName(name: string, error: AIClusterError): void {
    const subscriptions = this.byName.get(name)
    this.byName.delete(name)
    for (const subscription of subscriptions ?? []) subscription.fail(error)
  }

  /** There is no connection any more, and none will be waited for. */
  endAll(key: ErrorKey, detail: string): void {
    for (const name of [...this.byName.keys()]) this.endName(name, clusterError(key, { detail: `${name}: ${detail}` }))
  }

  private end(subscription: Subscription, error: AIClusterError): void {
    subscription.fail(error)
    void this.leave(subscription)
  }

  private async leave(subscription: Subscription): Promise<void> {
    const { inferenceName: name } = subscription
    const subscriptions = this.byName.get(name)
    if (!subscriptions?.delete(subscription) || subscriptions.size > 0) return
    this.byName.delete(name)
    await this.tellUnwanted(name)
  }

  private async tellUnwanted(name: string): Promise<void> {
    if (this.leaving.has(name)) return
    this.leaving.add(name)
    try {
      await this.send({ cmd: 'unsubscribe', inference_name: name }, {})
    } catch {
      // There is no connection. Should the cluster still publish to the session that comes back, it is told then.
    } finally {
      this.leaving.delete(name)
    }
  }
}
