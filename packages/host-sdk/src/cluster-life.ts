import { type AIClusterError, asAIClusterError, clusterError, decodeMsgpack, errorFromHeader } from '@aicluster/protocol'
import type { HandshakeFailure } from '@aicluster/transport'
import { Callbacks, connectionEvent } from './callbacks'
import { ClusterConnection, notConnected } from './connection/cluster-connection'
import { type ConnectOptions, resolveEndpoints } from './connection/connect-options'
import { resolveSessionOptions } from './connection/session-options'
import { ClusterEvents } from './events'
import { InferenceClient } from './inference-client'
import { type Logger, silentLogger } from './logger'
import { ManagementClient } from './management-client'
import type { ProgressEvent } from './progress-event'
import { Subscriptions } from './subscriptions/subscriptions'

/** An application's connection from its opening to its release, what is open over it, and who is told of what happens to it. */
export class ClusterLife {
  readonly connection: ClusterConnection
  readonly inference: InferenceClient
  readonly management: ManagementClient
  readonly callbacks: Callbacks
  readonly subscriptions: Subscriptions
  readonly events = new ClusterEvents()
  logger: Logger
  private released = false
  private closing: Promise<void> | undefined
  private cutDrain: (() => void) | undefined
  private everConnected = false
  private lost = false
  /** Why a link did not come to stand, though the manager was there. */
  private handshakeFailed: string | undefined
  private opened: { resolve(): void; reject(error: AIClusterError): void } | undefined

  constructor(options: ConnectOptions) {
    const { reconnectTimeoutMs, ...limits } = resolveSessionOptions(options)
    this.logger = options.logger ?? silentLogger
    this.callbacks = new Callbacks(() => this.logger)
    this.connection = new ClusterConnection(resolveEndpoints(options, process.env), reconnectTimeoutMs, {
      onConnected: () => this.onConnected(),
      onManagementAccounted: () => this.subscriptions.renew(),
      onLost: (detail) => this.onLost(detail),
      onHandshakeFailed: (detail, failure) => this.onHandshakeFailed(detail, failure),
      onRefused: (error) => this.onRefused(error),
    })
    this.inference = new InferenceClient(this.connection, limits)
    this.management = new ManagementClient(this.connection, {
      onEvent: (body) => this.onEvent(body),
      onProgress: (progress, own) => this.onProgress(progress, own),
    })
    this.subscriptions = new Subscriptions(
      async (command, options) => {
        this.requireConnection()
        return this.management.send(command, options).reply
      },
      (error) => this.logger.error({ err: asAIClusterError(error) }, 'what a source has published cannot be read'),
    )
    this.inference.subscriptions = this.subscriptions
  }

  /** @throws SocketConnectionError (110) the links do not stand in time, or are refused */
  async open(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.opened = { resolve, reject }
        timer = setTimeout(() => {
          const { missing } = this.connection
          const where = missing.map(({ name, endpoint }) => `the ${name} link (${endpoint})`).join(' and ')
          const detail = `no welcome on ${where} within ${timeoutMs} ms; ${this.handshakeFailed ?? 'is the manager up?'}`
          reject(clusterError('connectionEstablishment', { detail, details: { links: missing.map(({ name }) => name), timeoutMs } }))
        }, timeoutMs)
        this.connection.connect()
      })
    } finally {
      clearTimeout(timer)
      this.opened = undefined
    }
  }

  /** @throws ConnectionFailedError (111) a link's check is not answered in time */
  async checkLinks(timeoutMs: number): Promise<void> {
    const { connection } = this
    for (const link of [connection.inference, connection.management]) {
      if (await connection.check(link, timeoutMs)) continue
      throw notConnected(`the check of the ${link.name} link was not answered within ${timeoutMs} ms`)
    }
  }

  /** @throws ConnectionFailedError (111); SocketConnectionError (110) the cluster does not let this key in any more */
  requireConnection(): void {
    if (this.closing) throw notConnected('the connection was released')
    if (!this.connection.isConnected) throw this.connection.absence
  }

  /** Take nothing new, wait for what is open for so long at the most, say goodbye. A second call with 0 cuts the waiting short. */
  release(drainMs: number): Promise<void> {
    if (!this.closing) this.closing = this.drainAndClose(drainMs)
    else if (drainMs === 0) this.cutDrain?.()
    return this.closing
  }

  private onConnected(): void {
    this.opened?.resolve()
    const again = this.everConnected && this.lost
    this.everConnected = true
    this.lost = false
    this.handshakeFailed = undefined
    this.inference.admit()
    if (again) this.tell('connected', connectionEvent('connectionRestored', 'both links stand again'))
  }

  private onLost(detail: string): void {
    if (this.released || this.lost) return
    this.lost = true
    this.tell('disconnected', connectionEvent('connectionLost', detail))
  }

  private onHandshakeFailed(detail: string, failure: HandshakeFailure): void {
    const isNew = this.handshakeFailed !== detail
    this.handshakeFailed = detail
    // What broke off may be a manager that just ends or starts.
    if (this.opened && failure !== 'broken-off') {
      this.opened.reject(clusterError('connectionEstablishment', { detail, details: { reason: failure } }))
    } else if (!this.opened && isNew) this.logger.error({ reason: failure }, `the connection is tried again: ${detail}`)
  }

  private onRefused(error: AIClusterError): void {
    if (this.opened) return this.opened.reject(error)
    this.logger.error({ err: error }, 'the cluster refuses the connection')
  }

  private onEvent(body: Uint8Array): void {
    const content = decodeMsgpack(body) as { cmd?: string }
    if (content.cmd === 'subscribe') return this.subscriptions.onEnded(errorFromHeader(content))
    this.tell('containerDisconnected', errorFromHeader(content), content.cmd ?? 'container_disconnect')
  }

  /** Somebody may want to know how far a command is. */
  onProgress(progress: ProgressEvent, own: ((progress: ProgressEvent) => void) | undefined): void {
    if (own) this.guarded(() => own(progress))
    this.guarded(() => this.events.emit('progress', progress))
  }

  private tell(event: 'disconnected' | 'connected' | 'containerDisconnected', error: AIClusterError, cmd = 'keepalive'): void {
    this.logger.info({ code: error.code }, error.message)
    this.callbacks.event(error, cmd)
    this.guarded(() => this.events.emit(event, error))
  }

  /** A listener that throws must not stop what called it. */
  private guarded(listen: () => void): void {
    try {
      listen()
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
