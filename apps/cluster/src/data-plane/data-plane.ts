import { REQUEST_BLOCK_SIZE, RecordKind, SESSION_PING_INTERVAL_MS } from '@aicluster/protocol'
import { type ClusterSocket, type DropReason, type RouterHandlers, RouterLink, type ZapRefusal } from '@aicluster/transport'
import type { DispatchRequest } from '../dispatch/dispatch-request'
import type { Principal } from '../keys/principal'
import { LoopWatch } from '../loop-watch'
import { ContainerDesk } from './container-desk'
import type { ContainerSession } from './container-session'
import type { ControlAnswer, DataPlaneCalls, ExpectedContainer } from './control-messages'
import { Counters } from './counters'
import type { DataPlaneOptions } from './data-plane-options'
import { Greeter, type Peer, refusal } from './greeter'
import { HostDesk } from './host-desk'
import { MessageClock } from './message-clock'
import { NumberReserve } from './number-reserve'
import type { PeerState } from './peer-state'
import { containerTable, heapFigures, inferenceTable, type PlaneFigures, readinessTable } from './plane-figures'
import { CONTAINER_DOMAIN, HOST_DOMAIN } from './principals'
import { Publications, type SubscribeVerdict } from './publications'
import { type QueueDeletion, QueueDesk, type QueuePage } from './queue-desk'
import type { ReadinessTable } from './readiness'
import { Recovery } from './recovery'
import { RequestFlow } from './request-flow'
import type { DataPlaneSnapshot } from './snapshot'

type Socket = RouterLink<PeerState>

/** How often deadlines are looked at while there are any, in ms. */
const TICK_MS = 5

/** The four sockets, and behind them applications, containers and dispatch. Knows nothing of boards and files. */
export class DataPlane implements DataPlaneCalls {
  private readonly flow: RequestFlow
  private readonly greeter: Greeter
  private readonly hosts: HostDesk
  private readonly containers: ContainerDesk
  private readonly recovery: Recovery
  private readonly queues: QueueDesk
  private readonly sockets: Record<ClusterSocket, Socket>
  private readonly numbers: NumberReserve
  private readonly publications: Publications
  private readonly counters = new Counters()
  private readonly loop = new LoopWatch()
  private readonly clock: MessageClock
  private readonly beating: NodeJS.Timeout
  private lastSession = 0
  private ticking: NodeJS.Timeout | undefined

  constructor(private readonly options: DataPlaneOptions) {
    const { epoch, journal } = options
    const { counters } = this
    this.clock = new MessageClock(options.now ?? (() => performance.now()))
    const { now } = this.clock
    const nextSession = () => ++this.lastSession
    this.recovery = new Recovery(() => this.flow, journal)
    this.flow = new RequestFlow({
      now,
      epoch,
      limits: options.dispatch,
      journal,
      onArmed: () => this.startTicking(),
      onSlowReader: (owner) => this.hosts.sessions.cutOff(owner),
      onHung: (container, request) => this.onHung(container, request),
      onUnwanted: (container, number) => this.containers.onUnwanted(container, number),
      onEarlier: (request) => this.recovery.admit(request),
      mayClaim: (number, { principal }) => options.numberOwners.ownerOf(number, REQUEST_BLOCK_SIZE) === principal.id,
    })
    const { flow, recovery } = this
    const numbers = new NumberReserve(() => options.emit({ type: 'numbers-low' }))
    const greeter = new Greeter(epoch, counters, options.log)
    const publications = new Publications({
      epoch,
      now,
      queues: flow.dispatcher.queues,
      counters,
      tellEnd: ({ management, number }, payload) => management && greeter.sendBody(management, RecordKind.event, number, 0, payload),
    })
    this.publications = publications
    this.numbers = numbers
    this.greeter = greeter
    this.hosts = new HostDesk({
      options,
      now,
      greeter,
      flow,
      numbers,
      counters,
      publications,
      nextSession,
    })
    this.containers = new ContainerDesk({
      options,
      greeter,
      flow,
      recovery,
      counters,
      publications,
      nextSession,
      answersOnTheWay: (container) => this.hosts.sessions.answersOnTheWay(container),
      askAgain: (owner) => this.hosts.resync(owner),
    })
    this.queues = new QueueDesk(flow.dispatcher, this.hosts.sessions)
    this.sockets = {
      inference: this.socket('inference', this.hosts.onInference, this.hosts.onInferenceGone),
      management: this.socket('management', this.hosts.onManagement, this.hosts.onManagementGone),
      sub: this.socket('sub', this.containers.onRequestsLink, this.containers.onLinkGone, () => journal.flush()),
      pub: this.socket('pub', this.containers.onAnswersLink, this.containers.onLinkGone),
    }
    this.beating = setInterval(() => this.beat(), SESSION_PING_INTERVAL_MS)
  }

  /** Bind one socket; returns the endpoint with the port that was chosen. */
  bind(socket: ClusterSocket, endpoint: string): Promise<string> {
    return this.sockets[socket].bind(endpoint)
  }

  async close(): Promise<void> {
    clearInterval(this.ticking)
    clearInterval(this.beating)
    this.queues.close()
    this.recovery.close()
    this.loop.stop()
    await Promise.all(Object.values(this.sockets).map((socket) => socket.close()))
  }

  /** Whether a request waits or is in hand. */
  get busy(): boolean {
    return this.flow.dispatcher.busy || this.queues.busy
  }

  /** Outcomes that applications have not acknowledged. */
  get undelivered(): number {
    return sum([...this.hosts.sessions.all], (host) => host.retained)
  }

  /**
   * What a successor of this manager must know of: a container may have begun with it, and its application may ask for it again.
   */
  *begun(): Iterable<number> {
    for (const container of this.containers.all) yield* container.inFlight.keys()
    for (const { requests } of this.hosts.sessions.all) yield* requests.outcomes.numbers()
    yield* this.recovery.claimedNumbers
  }

  /** The cluster ends for good, whatever still waits. */
  failWaiting(): void {
    this.flow.dispatcher.failWaiting()
  }

  /** Applications and containers are let in from now on; the control plane has said what is registered. */
  open(): void {
    this.recovery.open()
    this.greeter.open()
  }

  setQueues(settings: Parameters<DataPlaneCalls['setQueues']>[0]): void {
    for (const queue of settings) {
      this.flow.dispatcher.setQueue(queue)
      this.publications.revise(queue.name)
    }
  }

  removeQueues(names: string[]): void {
    for (const name of names) {
      this.flow.dispatcher.removeQueue(name)
      this.publications.revise(name)
    }
  }

  expectContainer(container: ExpectedContainer): void {
    this.containers.expect(container)
  }

  forgetContainer(instance: string): void {
    this.containers.forget(instance)
  }

  removeIfIdle({ instances, names, keepQueues, lost }: Parameters<DataPlaneCalls['removeIfIdle']>[0]): boolean {
    if (!this.isIdle({ instances, names }, lost?.instances)) return false
    // First: what they hold may come back to a queue, and ends with it.
    for (const instance of lost?.instances ?? []) this.containers.forget(instance)
    if (!keepQueues) this.removeQueues([...names, ...(lost?.names ?? [])])
    for (const instance of instances) this.containers.forget(instance)
    return true
  }

  /** @param lost - containers whose requests do not count */
  isIdle({ instances, names }: Parameters<DataPlaneCalls['isIdle']>[0], lost: readonly string[] = []): boolean {
    const busyContainer = instances.some((instance) => (this.containers.get(instance)?.inFlight.size ?? 0) > 0)
    const lostRequests = lost.flatMap((instance) => [...(this.containers.get(instance)?.inFlight.values() ?? [])])
    const busyQueue = names.some((name) => {
      const queue = this.flow.dispatcher.queues.get(name)
      return queue !== undefined && (queue.waiting > 0 || queue.inFlight > lostRequests.filter((request) => request.queue === queue).length)
    })
    return !busyContainer && !busyQueue
  }

  setHeld({ instance, held }: Parameters<DataPlaneCalls['setHeld']>[0]): void {
    this.containers.setHeld(instance, held)
  }

  queueEntries(filter: Parameters<DataPlaneCalls['queueEntries']>[0]): QueuePage {
    return this.queues.page(filter)
  }

  deleteQueued(filter: Parameters<DataPlaneCalls['deleteQueued']>[0]): QueueDeletion {
    return this.queues.delete(filter)
  }

  setPaused({ instance, name, paused }: Parameters<DataPlaneCalls['setPaused']>[0]): void {
    this.containers.setPaused(instance, name, paused)
  }

  subscribe({ session, name }: Parameters<DataPlaneCalls['subscribe']>[0]): SubscribeVerdict {
    const host = this.hosts.sessions.get(session)
    // Whoever is gone meanwhile hears nothing of it.
    return host ? this.publications.subscribe(host, name) : 'subscribed'
  }

  unsubscribe({ session, name }: Parameters<DataPlaneCalls['unsubscribe']>[0]): void {
    const host = this.hosts.sessions.get(session)
    if (host) this.publications.unsubscribe(host, name)
  }

  setPrincipals(principals: Principal[]): void {
    const revoked = this.options.principals.set(principals)
    if (revoked.size === 0) return
    this.options.log('info', { keys: revoked.size }, 'keys revoked')
    this.hosts.sessions.revoke(revoked)
    if (this.options.curve) void this.cutApplications()
  }

  /** Nobody is asked for its key again while its connection stands: all are cut, and who may comes back. */
  private async cutApplications(): Promise<void> {
    const { inference, management } = this.sockets
    try {
      await Promise.all([inference.reopen(), management.reopen()])
    } catch (error) {
      this.options.log('warn', { err: error }, 'a socket could not be opened again after a key was revoked: restart the manager')
    }
  }

  addNumbers(block: { first: number; count: number }): void {
    this.flow.firstNumber ||= block.first
    this.numbers.add(block)
    this.hosts.sessions.grantWaiting()
  }

  drain(): void {
    this.hosts.sessions.draining = true
    this.flow.dispatcher.drain()
  }

  /** How far a command is, its result or error, to the application that sent it. */
  answer({ type, session, request, payload }: ControlAnswer): void {
    if (type === 'progress') this.hosts.progress(session, request, payload)
    else this.hosts.answer(session, request, type === 'reply' ? RecordKind.reply : RecordKind.commandError, payload)
  }

  /** A key that is not known was refused: counted, and logged once for each key and address. */
  onKeyRefused(refusal: ZapRefusal): void {
    this.options.log('warn', { ...refusal }, 'connection refused; further ones of this key and address are only counted')
  }

  /** An event, to every application. */
  broadcast(payload: Uint8Array): void {
    for (const { management, number } of this.hosts.sessions.all) {
      if (management) this.greeter.sendBody(management, RecordKind.event, number, 0, payload)
    }
  }

  snapshot(): DataPlaneSnapshot {
    const memory = process.memoryUsage()
    return {
      counters: { ...this.eventsNow(), ...this.flow.countersNow() },
      gauges: this.gauges(),
      queues: [...this.flow.dispatcher.queues.values()].map((queue) => ({
        name: queue.settings.name,
        waiting: queue.waiting,
        waitingBytes: queue.waitingBytes,
        inFlight: queue.inFlight,
        containers: queue.subscriptions.length,
      })),
      containers: [...this.containers.all].map((container) => container.snapshot()),
      heapUsedBytes: memory.heapUsed,
      rssBytes: memory.rss,
      externalBytes: memory.external,
      eventLoopDelayP99Ms: this.loop.look().delayP99Ms,
    }
  }

  probe(): void {}

  figures(): PlaneFigures {
    return {
      ...inferenceTable(this.flow.dispatcher, this.clock.now()),
      ...containerTable(this.containers.all),
      requests: this.flow.countersNow(),
      events: this.eventsNow(),
      gauges: this.gauges(),
      ...heapFigures(),
      loop: this.loop.look(),
    }
  }

  readiness(only: string | null): ReadinessTable {
    return readinessTable(this.flow.dispatcher, this.hosts.sessions.draining, only ?? undefined)
  }

  private eventsNow(): Record<string, number> {
    const { curve } = this.options
    return { ...this.counters.toRecord(), ...(curve ? { keys_refused_total: curve.admission.refusals } : {}) }
  }

  private gauges(): Record<string, number> {
    const { dispatcher } = this.flow
    const queues = [...dispatcher.queues.values()]
    const hosts = [...this.hosts.sessions.all]
    const containers = [...this.containers.all]
    return {
      requests_waiting: sum(queues, (queue) => queue.waiting),
      requests_waiting_bytes: sum(queues, (queue) => queue.waitingBytes),
      requests_in_flight: sum([...dispatcher.containers], (container) => container.inFlight.size),
      requests_without_outcome: sum(hosts, (host) => host.open.size),
      deadlines_armed: dispatcher.armedDeadlines,
      outcomes_unacknowledged: sum(hosts, (host) => host.retained),
      outcomes_unacknowledged_bytes: sum(hosts, (host) => host.retainedBytes),
      streams_unread: this.flow.streams.unread,
      answers_unsettled: sum(containers, (container) => container.unsettledCount),
      subscriptions: this.publications.count,
      published_waiting: sum(hosts, ({ published }) => published?.waitingCount ?? 0),
      published_waiting_bytes: sum(hosts, ({ published }) => published?.waitingBytes ?? 0),
      requests_claimed: this.recovery.openClaims,
      requests_in_recovery: this.recovery.waitingRequests,
      hosts_connected: hosts.filter((host) => host.inference).length,
      hosts_away: hosts.filter((host) => !host.inference).length,
      containers_connected: dispatcher.containers.size,
      inferences_registered: dispatcher.queues.size,
      connections: sum(Object.values(this.sockets), (socket) => socket.peerCount),
      sockets_exposed: this.options.exposed ? 1 : 0,
      draining: this.hosts.sessions.draining ? 1 : 0,
    }
  }

  private socket(
    name: ClusterSocket,
    onRecord: RouterHandlers<PeerState>['onRecord'],
    onDisconnect: (peer: Peer) => void,
    beforeSend?: () => void,
  ): Socket {
    const { max_body_bytes: maxBodyBytes, max_header_bytes: maxHeaderBytes } = this.options.limits
    const { curve } = this.options
    const domain = name === 'inference' || name === 'management' ? HOST_DOMAIN : CONTAINER_DOMAIN
    return new RouterLink<PeerState>(
      {
        onRecord,
        beforeMessage: this.clock.begin,
        afterMessage: this.clock.end,
        onDisconnect: (peer) => {
          // The only trace of a frame beyond every limit: ZeroMQ closes the connection that it came over.
          this.counters.add('connections_closed_total')
          this.greeter.forget(peer)
          onDisconnect(peer)
        },
        onDrop: (peer, reason, first, error) => this.onDrop(name, peer, reason, first, error),
        onGap: (peer, missing) => this.onGap(peer, missing),
        onAck: (peer, sequence) => {
          if (peer.state?.role === 'host') this.hosts.onAck(peer, peer.state, sequence)
        },
        onHandshakeFailed: () => this.counters.add('handshakes_without_curve_total'),
        ...(beforeSend ? { beforeSend } : {}),
      },
      { maxBodyBytes, maxHeaderBytes },
      curve ? { secretKey: curve.secretKey, domain } : undefined,
    )
  }

  private onGap(peer: Peer, missing: number): void {
    this.counters.add('records_missing_total', missing)
    if (peer.state?.role === 'host') this.hosts.onGap(peer, peer.state)
    else if (peer.state) this.containers.onGap(peer, peer.state)
    else peer.accounted()
  }

  private onHung(container: ContainerSession, request: DispatchRequest): void {
    this.counters.add('containers_hung_total')
    this.options.log(
      'warn',
      { container: container.suffixName, board: container.board, request: request.number },
      'the container still holds a request long after its response timeout: it counts as hung and is started anew',
    )
    this.options.emit({ type: 'container-hung', instance: container.instance })
  }

  private beat(): void {
    this.hosts.beat()
    this.containers.beat()
  }

  private onDrop(socket: ClusterSocket, peer: Peer, reason: DropReason | 'handler', first: boolean, error: unknown): void {
    this.counters.add(`messages_dropped_${reason.replaceAll('-', '_')}_total`)
    if (!first) return
    const who = peer.state?.role === 'host' ? `session ${peer.state.number}` : (peer.state?.suffixName ?? 'a peer without hello')
    const detail = error instanceof Error ? { error: error.stack } : {}
    this.options.log('warn', { socket, who, reason, ...detail }, 'message dropped; further ones of this peer are only counted')
    if (reason === 'other-version') this.greeter.refuse(peer, refusal('this manager speaks another major version of the protocol'))
  }

  private startTicking(): void {
    this.ticking ??= setInterval(() => {
      this.flow.dispatcher.tick()
      if (this.flow.dispatcher.armedDeadlines > 0) return
      clearInterval(this.ticking)
      this.ticking = undefined
    }, TICK_MS)
  }
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((total, item) => total + of(item), 0)
