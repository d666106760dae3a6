import { REQUEST_BLOCK_SIZE, RecordKind, SESSION_PING_INTERVAL_MS } from '@aicluster/protocol'
import type { ClusterSocket, ZapRefusal } from '@aicluster/transport'
import type { DispatchRequest } from '../dispatch/dispatch-request'
import type { Principal } from '../keys/principal'
import { ContainerDesk } from './container-desk'
import type { ContainerSession } from './container-session'
import type { ControlAnswer, DataPlaneCalls, ExpectedContainer } from './control-messages'
import { Counters } from './counters'
import type { DataPlaneOptions } from './data-plane-options'
import { Greeter } from './greeter'
import { HostDesk } from './host-desk'
import { MessageClock } from './message-clock'
import { NumberReserve } from './number-reserve'
import { type PlaneFigures, readinessTable } from './plane-figures'
import { PlaneReport } from './plane-report'
import { PlaneSockets } from './plane-sockets'
import { Publications, type SubscribeVerdict } from './publications'
import { type QueueDeletion, QueueDesk, type QueuePage } from './queue-desk'
import type { ReadinessTable } from './readiness'
import { Recovery } from './recovery'
import { RequestFlow } from './request-flow'
import type { DataPlaneSnapshot } from './snapshot'

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
  private readonly sockets: PlaneSockets
  private readonly numbers: NumberReserve
  private readonly publications: Publications
  private readonly report: PlaneReport
  private readonly counters = new Counters()
  private readonly beating: NodeJS.Timeout
  private lastSession = 0
  private ticking: NodeJS.Timeout | undefined

  constructor(private readonly options: DataPlaneOptions) {
    const { epoch, journal } = options
    const { counters } = this
    const clock = new MessageClock(options.now ?? (() => performance.now()))
    const { now } = clock
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
    this.numbers = new NumberReserve(() => options.emit({ type: 'numbers-low' }))
    this.greeter = new Greeter(epoch, counters, options.log)
    const { flow, recovery, numbers, greeter } = this
    this.publications = new Publications({
      epoch,
      now,
      queues: flow.dispatcher.queues,
      counters,
      tellEnd: ({ management, number }, payload) => management && greeter.sendBody(management, RecordKind.event, number, 0, payload),
    })
    const { publications } = this
    this.hosts = new HostDesk({ options, now, greeter, flow, numbers, counters, publications, nextSession })
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
    const { hosts, containers } = this
    const { sessions } = hosts
    this.queues = new QueueDesk(flow.dispatcher, sessions)
    this.sockets = new PlaneSockets({ options, clock, greeter, counters, hosts, containers })
    const { sockets } = this
    this.report = new PlaneReport({ options, now, flow, sessions, containers, recovery, publications, counters, sockets })
    this.beating = setInterval(() => this.beat(), SESSION_PING_INTERVAL_MS)
  }

  /** Bind one socket; returns the endpoint with the port that was chosen. */
  bind(socket: ClusterSocket, endpoint: string): Promise<string> {
    return this.sockets.bind(socket, endpoint)
  }

  async close(): Promise<void> {
    clearInterval(this.ticking)
    clearInterval(this.beating)
    this.queues.close()
    this.recovery.close()
    this.report.close()
    await this.sockets.close()
  }

  /** Whether a request waits or is in hand. */
  get busy(): boolean {
    return this.flow.dispatcher.busy || this.queues.busy
  }

  /** Outcomes that applications have not acknowledged. */
  get undelivered(): number {
    return [...this.hosts.sessions.all].reduce((count, host) => count + host.retained, 0)
  }

  /**
   * What a successor of this manager must know of: a container may have begun with it, and its application may ask for it again.
   */
  *begun(): Iterable<number> {
    for (const container of this.containers.all) yield* container.inFlight.keys()
    for (const { requests } of this.hosts.sessions.all) yield* requests.outcomes.numbers()
    yield* this.recovery.claimedNumbers()
  }

  /** First numbers of the blocks that applications have now. */
  *blocksInUse(): Iterable<number> {
    for (const session of this.hosts.sessions.all) yield* session.blockStarts
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
    if (this.options.curve) this.sockets.cutApplications()
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
    return this.report.snapshot()
  }

  probe(): void {}

  figures(): PlaneFigures {
    return this.report.figures()
  }

  readiness(only: string | null): ReadinessTable {
    return readinessTable(this.flow.dispatcher, this.hosts.sessions.draining, !this.sockets.areBound, only ?? undefined)
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

  private startTicking(): void {
    this.ticking ??= setInterval(() => {
      this.flow.dispatcher.tick()
      if (this.flow.dispatcher.armedDeadlines > 0) return
      clearInterval(this.ticking)
      this.ticking = undefined
    }, TICK_MS)
  }
}
