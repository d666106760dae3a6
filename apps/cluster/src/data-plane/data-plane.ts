import { monitorEventLoopDelay } from 'node:perf_hooks'
import { RecordKind } from '@aicluster/protocol'
import { type ClusterSocket, type DropReason, type RouterHandlers, RouterLink } from '@aicluster/transport'
import { ContainerDesk } from './container-desk'
import type { ControlAnswer, DataPlaneCalls, ExpectedContainer } from './control-messages'
import { Counters } from './counters'
import type { DataPlaneOptions } from './data-plane-options'
import { Greeter, type Peer, refusal } from './greeter'
import { HostDesk } from './host-desk'
import { NumberReserve } from './number-reserve'
import type { PeerState } from './peer-state'
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
  private readonly sockets: Record<ClusterSocket, Socket>
  private readonly numbers: NumberReserve
  private readonly counters = new Counters()
  private readonly loopDelay = monitorEventLoopDelay({ resolution: 20 })
  private lastSession = 0
  private ticking: NodeJS.Timeout | undefined

  constructor(private readonly options: DataPlaneOptions) {
    const nextSession = () => ++this.lastSession
    this.flow = new RequestFlow(options.now ?? (() => performance.now()), options.epoch, this.startTicking, (owner) =>
      this.hosts.cutOff(owner),
    )
    this.numbers = new NumberReserve(() => options.emit({ type: 'numbers-low' }))
    this.greeter = new Greeter(options.epoch, this.counters, options.log)
    this.hosts = new HostDesk(options, this.greeter, this.flow, this.numbers, this.counters, nextSession)
    this.containers = new ContainerDesk(options, this.greeter, this.flow, this.counters, nextSession)
    this.sockets = {
      inference: this.socket('inference', this.hosts.onInference, this.hosts.onInferenceGone),
      management: this.socket('management', this.hosts.onManagement, this.hosts.onManagementGone),
      sub: this.socket('sub', this.containers.onRequestsLink, this.containers.onLinkGone),
      pub: this.socket('pub', this.containers.onAnswersLink, this.containers.onLinkGone),
    }
    this.loopDelay.enable()
  }

  /** Bind one socket; returns the endpoint with the port that was chosen. */
  bind(socket: ClusterSocket, endpoint: string): Promise<string> {
    return this.sockets[socket].bind(endpoint)
  }

  async close(): Promise<void> {
    clearInterval(this.ticking)
    this.loopDelay.disable()
    await Promise.all(Object.values(this.sockets).map((socket) => socket.close()))
  }

  /** Whether a request waits or is in hand. */
  get busy(): boolean {
    return this.flow.dispatcher.busy
  }

  open(): void {
    this.greeter.open()
  }

  setQueues(settings: Parameters<DataPlaneCalls['setQueues']>[0]): void {
    for (const queue of settings) this.flow.dispatcher.setQueue(queue)
  }

  removeQueues(names: string[]): void {
    for (const name of names) this.flow.dispatcher.removeQueue(name)
  }

  expectContainer(container: ExpectedContainer): void {
    this.containers.expect(container)
  }

  forgetContainer(instance: string): void {
    this.containers.forget(instance)
  }

  removeIfIdle({ instances, names, keepQueues }: Parameters<DataPlaneCalls['removeIfIdle']>[0]): boolean {
    const busyContainer = instances.some((instance) => (this.containers.get(instance)?.inFlight.size ?? 0) > 0)
    const busyQueue = names.some((name) => {
      const queue = this.flow.dispatcher.queues.get(name)
      return queue !== undefined && (queue.waiting > 0 || queue.inFlight > 0)
    })
    if (busyContainer || busyQueue) return false
    if (!keepQueues) this.removeQueues(names)
    for (const instance of instances) this.containers.forget(instance)
    return true
  }

  setPaused({ instance, name, paused }: Parameters<DataPlaneCalls['setPaused']>[0]): void {
    this.containers.setPaused(instance, name, paused)
  }

  addNumbers(block: { first: number; count: number }): void {
    this.numbers.add(block)
    this.hosts.grantWaiting()
  }

  drain(): void {
    this.hosts.draining = true
    this.flow.dispatcher.drain()
  }

  /** A command's result or error, to the application that sent it. */
  answer({ type, session, request, payload }: ControlAnswer): void {
    const peer = this.hosts.get(session)?.management
    if (peer) this.greeter.sendBody(peer, type === 'reply' ? RecordKind.reply : RecordKind.commandError, session, request, payload)
  }

  /** An event, to every application. */
  broadcast(payload: Uint8Array): void {
    for (const { management, number } of this.hosts.connected) {
      if (management) this.greeter.sendBody(management, RecordKind.event, number, 0, payload)
    }
  }

  snapshot(): DataPlaneSnapshot {
    const memory = process.memoryUsage()
    const delayMs = this.loopDelay.percentile(99) / 1e6
    this.loopDelay.reset()
    return {
      counters: { ...this.counters.toRecord(), ...this.flow.countersNow() },
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
      eventLoopDelayP99Ms: Number.isFinite(delayMs) ? delayMs : 0,
    }
  }

  private gauges(): Record<string, number> {
    const { dispatcher } = this.flow
    const queues = [...dispatcher.queues.values()]
    const hosts = [...this.hosts.connected]
    return {
      requests_waiting: sum(queues, (queue) => queue.waiting),
      requests_waiting_bytes: sum(queues, (queue) => queue.waitingBytes),
      requests_in_flight: sum([...dispatcher.containers], (container) => container.inFlight.size),
      requests_without_outcome: sum(hosts, (host) => host.open.size),
      deadlines_armed: dispatcher.armedDeadlines,
      hosts_connected: hosts.length,
      containers_connected: dispatcher.containers.size,
      inferences_registered: dispatcher.queues.size,
      connections: sum(Object.values(this.sockets), (socket) => socket.peerCount),
      draining: this.hosts.draining ? 1 : 0,
    }
  }

  private socket(name: ClusterSocket, onRecord: RouterHandlers<PeerState>['onRecord'], onDisconnect: (peer: Peer) => void): Socket {
    const { max_body_bytes: maxBodyBytes, max_header_bytes: maxHeaderBytes } = this.options.limits
    return new RouterLink<PeerState>(
      {
        onRecord,
        onDisconnect: (peer) => {
          // The only trace of a frame beyond every limit: ZeroMQ closes the connection that it came over.
          this.counters.add('connections_closed_total')
          this.greeter.forget(peer)
          onDisconnect(peer)
        },
        onDrop: (peer, reason, first, error) => this.onDrop(name, peer, reason, first, error),
        onGap: (_peer, missing) => this.counters.add('records_missing_total', missing),
      },
      { maxBodyBytes, maxHeaderBytes },
    )
  }

  private onDrop(socket: ClusterSocket, peer: Peer, reason: DropReason | 'handler', first: boolean, error: unknown): void {
    this.counters.add(`messages_dropped_${reason.replaceAll('-', '_')}_total`)
    if (!first) return
    const who = peer.state?.role === 'host' ? `session ${peer.state.number}` : (peer.state?.suffixName ?? 'a peer without hello')
    const detail = error instanceof Error ? { error: error.stack } : {}
    this.options.log('warn', { socket, who, reason, ...detail }, 'message dropped; further ones of this peer are only counted')
    if (reason === 'other-version') this.greeter.refuse(peer, refusal('this manager speaks another major version of the protocol'))
  }

  private readonly startTicking = (): void => {
    this.ticking ??= setInterval(() => {
      this.flow.dispatcher.tick()
      if (this.flow.dispatcher.armedDeadlines > 0) return
      clearInterval(this.ticking)
      this.ticking = undefined
    }, TICK_MS)
  }
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((total, item) => total + of(item), 0)
