import {
  type AIClusterError,
  clusterError,
  DEFAULT_MAX_BODY_BYTES,
  ERROR_CODES,
  MAX_HEADER_BYTES,
  type NumberBlock,
  RecordKind,
  SESSION_PING_INTERVAL_MS,
  type Welcome,
} from '@aicluster/protocol'
import type { HandshakeFailure } from '@aicluster/transport'
import type { ResolvedEndpoints } from './connect-options'
import { HostLink, type HostLinkEvents, type LinkName } from './host-link'
import { RequestNumbers } from './request-numbers'
import { SessionIdentity } from './session-identity'

export interface ConnectionEvents {
  /** Both links stand and are welcomed. */
  onConnected(): void
  /** The management link stands (again), or words of the cluster were lost over it. */
  onManagementAccounted(): void
  /** A link that stood is gone. What is open over it waits for its return, for a while. */
  onLost(detail: string): void
  /** The manager is there, and a link does not come to stand. It is tried again. */
  onHandshakeFailed(detail: string, failure: HandshakeFailure): void
  /** A hello was refused, or a session that stood was ended. */
  onRefused(error: AIClusterError): void
}

/**
 * An application's two links to the manager, and its session over them. Comes back by itself, for ever.
 *
 * The session is the inference link's: the management link joins it, and is lost with it.
 */
export class ClusterConnection implements HostLinkEvents {
  readonly inference: HostLink
  readonly management: HostLink
  readonly session: SessionIdentity
  readonly numbers = new RequestNumbers(() => this.inference.signal(RecordKind.moreNumbers))
  readonly limits = { maxBodyBytes: DEFAULT_MAX_BODY_BYTES, maxHeaderBytes: MAX_HEADER_BYTES }
  private readonly givingUp: Partial<Record<LinkName, NodeJS.Timeout>> = {}
  private beatTimer: NodeJS.Timeout | undefined
  private closed = false
  /** Why the manager does not let this key in (any more); undefined once it does, or before it has judged. */
  private keyRefused: string | undefined

  /** @param reconnectTimeoutMs - how long what is open waits for a link that went; 0: it ends at once */
  constructor(
    endpoints: ResolvedEndpoints,
    private readonly reconnectTimeoutMs: number,
    private readonly events: ConnectionEvents,
  ) {
    this.session = new SessionIdentity(endpoints.token, reconnectTimeoutMs)
    this.inference = new HostLink('inference', endpoints.inference, this.session, this.limits, this, endpoints.curve)
    this.management = new HostLink('management', endpoints.management, this.session, this.limits, this, endpoints.curve)
  }

  get isConnected(): boolean {
    return this.inference.welcomed && this.management.welcomed
  }

  /** What a call ends with that needs the links while they do not stand: 110 where the key is refused, else 111. */
  get absence(): AIClusterError {
    const detail = this.keyRefused
    return detail === undefined
      ? notConnected('there is no connection to the cluster')
      : clusterError('connectionEstablishment', { detail })
  }

  /** Links that are not welcomed (yet). */
  get missing(): HostLink[] {
    return [this.inference, this.management].filter(({ welcomed }) => !welcomed)
  }

  connect(): void {
    this.inference.dealer.connect()
    this.management.dealer.connect()
  }

  /** Whether the manager answers on this link within the time. */
  check(link: HostLink, timeoutMs: number): Promise<boolean> {
    const answered = link.answers(timeoutMs)
    this.keepBeating()
    return answered
  }

  /** Something is open: losses must show. Cheap to call for every request. */
  keepBeating(): void {
    if (this.beatTimer || this.closed) return
    this.beatTimer = setInterval(this.beat, SESSION_PING_INTERVAL_MS)
    this.beatTimer.unref()
  }

  async close(): Promise<void> {
    this.closed = true
    if (this.inference.welcomed) this.inference.signal(RecordKind.goodbye)
    this.inference.lose()
    this.management.lose()
    clearInterval(this.beatTimer)
    for (const timer of Object.values(this.givingUp)) clearTimeout(timer)
    await Promise.all([this.inference.dealer.close(), this.management.dealer.close()])
  }

  onHandshakeFailed(link: HostLink, failure: HandshakeFailure, reason: string): void {
    const detail = `the ${link.name} link (${link.endpoint}): ${reason}`
    this.events.onHandshakeFailed(detail, failure)
    if (failure === 'key-refused') this.onKeyRefused(detail)
  }

  onUp(link: HostLink): void {
    this.keepBeating()
    if (link === this.inference || this.inference.welcomed) link.hello()
  }

  onDown(link: HostLink): void {
    if (link.lose()) this.lost(link)
    if (link === this.inference && this.management.lose()) this.lost(this.management)
  }

  onWelcome(link: HostLink, welcome: Welcome): void {
    const { session, management } = this
    if (link === management) {
      // One that was on its way when the session changed.
      if (welcome.epoch !== session.epoch || welcome.session !== session.number) return
    } else this.joined(welcome)
    this.limits.maxBodyBytes = welcome.limits.max_body_bytes
    this.limits.maxHeaderBytes = welcome.limits.max_header_bytes
    const connectedBefore = this.isConnected
    clearTimeout(this.givingUp[link.name])
    this.keyRefused = undefined
    link.welcome()
    this.keepBeating()
    if (link === this.inference && management.dealer.isUp && !management.welcomed) management.hello()
    if (this.isConnected && !connectedBefore) this.events.onConnected()
  }

  onRefused(link: HostLink, error: AIClusterError, epoch: number, session: number): void {
    if (error.code === ERROR_CODES.outcomeExpired.code) return this.onExpired(link, error, epoch, session)
    this.events.onRefused(error)
    this.keepBeating()
    const keyRefused = error.details.key_refused === true
    if (link.refused(keyRefused)) this.lost(link)
    if (link === this.inference && this.management.lose()) this.lost(this.management)
    if (keyRefused) this.onKeyRefused(error.message.replace(`${ERROR_CODES.connectionEstablishment.message}: `, ''))
  }

  onNumbers(block: NumberBlock): void {
    this.numbers.add(block)
  }

  onAccounted(link: HostLink): void {
    if (link === this.inference) this.numbers.askAgain()
    else this.events.onManagementAccounted()
  }

  /** The manager says who this is: the same session, or a new one. */
  private joined({ epoch, session: number, numbers }: Welcome): void {
    const { session } = this
    const restarted = session.epoch !== 0 && epoch !== session.epoch
    session.epoch = epoch
    session.number = number
    if (numbers) this.numbers.restart(numbers)
    if (!restarted) return
    // Its links may not have been seen to go: what the management link had joined is over.
    if (this.management.lose()) this.lost(this.management)
    const detail = 'the cluster manager was restarted before it answered; the command may or may not have been carried out'
    this.management.traffic.endAll('connectionFailed', detail, true)
  }

  /** The manager has dropped the session: nothing that is open can be answered any more. Another one begins. */
  private onExpired(link: HostLink, error: AIClusterError, epoch: number, number: number): void {
    const { session, inference, management } = this
    const isOurs = (epoch === 0 || epoch === session.epoch) && (number === 0 || number === session.number)
    // Hello may have been said twice: the second answer is about a session that has been given up already.
    if (link !== inference || session.number === 0 || !isOurs) return
    session.renew()
    if (inference.lose()) this.lost(inference)
    if (management.lose()) this.lost(management)
    this.events.onRefused(error)
    if (inference.dealer.isUp) inference.hello()
    this.keepBeating()
    const detail = error.message.replace(`${ERROR_CODES.outcomeExpired.message}: `, '')
    for (const { traffic } of [inference, management]) traffic.endAll('outcomeExpired', detail, false)
  }

  /** Nothing that is open will be answered, and to wait for the links would be in vain. They are tried again all the same, slowly. */
  private onKeyRefused(detail: string): void {
    this.keyRefused = detail
    for (const { name, traffic } of [this.inference, this.management]) {
      clearTimeout(this.givingUp[name])
      traffic.endAll('connectionEstablishment', detail, true)
    }
  }

  private lost(link: HostLink): void {
    const { reconnectTimeoutMs } = this
    const detail = `the ${link.name} link to the cluster is gone`
    if (reconnectTimeoutMs === 0) link.traffic.endAll('connectionFailed', detail, true)
    else {
      const passed = `the ${link.name} link to the cluster did not come back within ${reconnectTimeoutMs} ms (reconnectTimeoutMs)`
      clearTimeout(this.givingUp[link.name])
      this.givingUp[link.name] = setTimeout(() => link.traffic.endAll('connectionFailed', passed, true), reconnectTimeoutMs)
      this.givingUp[link.name]?.unref()
    }
    this.events.onLost(detail)
  }

  private readonly beat = (): void => {
    const nowMs = performance.now()
    const inferenceNeeds = this.inference.beat(nowMs)
    const managementNeeds = this.management.beat(nowMs)
    if (inferenceNeeds || managementNeeds) return
    clearInterval(this.beatTimer)
    this.beatTimer = undefined
  }
}

/** The error of every call that finds no connection. */
export const notConnected = (detail: string): AIClusterError => clusterError('connectionFailed', { detail })
