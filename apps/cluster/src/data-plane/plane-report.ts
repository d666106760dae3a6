import { LoopWatch } from '../loop-watch'
import type { ContainerDesk } from './container-desk'
import type { Counters } from './counters'
import type { DataPlaneOptions } from './data-plane-options'
import type { HostSessions } from './host-sessions'
import { containerTable, heapFigures, inferenceTable, type PlaneFigures } from './plane-figures'
import type { Publications } from './publications'
import type { Recovery } from './recovery'
import type { RequestFlow } from './request-flow'
import type { DataPlaneSnapshot } from './snapshot'

/** Whatever there is to count. */
export interface PlaneReportParts {
  options: DataPlaneOptions
  now: () => number
  flow: RequestFlow
  sessions: HostSessions
  containers: ContainerDesk
  recovery: Recovery
  publications: Publications
  counters: Counters
  sockets: { readonly peerCount: number }
}

/** How the data plane is, in numbers; each call looks anew. */
export class PlaneReport {
  private readonly loop = new LoopWatch()

  constructor(private readonly parts: PlaneReportParts) {}

  close(): void {
    this.loop.stop()
  }

  /** What `get_metrics` and `get_container_status` tell. */
  snapshot(): DataPlaneSnapshot {
    const { flow, containers } = this.parts
    const memory = process.memoryUsage()
    return {
      counters: { ...this.events(), ...flow.countersNow() },
      gauges: this.gauges(),
      queues: [...flow.dispatcher.queues.values()].map((queue) => ({
        name: queue.settings.name,
        waiting: queue.waiting,
        waitingBytes: queue.waitingBytes,
        inFlight: queue.inFlight,
        containers: queue.subscriptions.length,
      })),
      containers: [...containers.all].map((container) => container.snapshot()),
      heapUsedBytes: memory.heapUsed,
      rssBytes: memory.rss,
      externalBytes: memory.external,
      eventLoopDelayP99Ms: this.loop.look().delayP99Ms,
    }
  }

  /** What `/metrics` shows. */
  figures(): PlaneFigures {
    const { flow, containers, now } = this.parts
    return {
      ...inferenceTable(flow.dispatcher, now()),
      ...containerTable(containers.all),
      requests: flow.countersNow(),
      events: this.events(),
      gauges: this.gauges(),
      ...heapFigures(),
      loop: this.loop.look(),
    }
  }

  /** All that only ever rises, but for what happens to requests. */
  private events(): Record<string, number> {
    const { counters, options } = this.parts
    return { ...counters.toRecord(), ...(options.curve ? { keys_refused_total: options.curve.admission.refusals } : {}) }
  }

  private gauges(): Record<string, number> {
    const { flow, sessions, publications, recovery, sockets, options } = this.parts
    const { dispatcher } = flow
    const queues = [...dispatcher.queues.values()]
    const hosts = [...sessions.all]
    const containers = [...this.parts.containers.all]
    return {
      requests_waiting: sum(queues, (queue) => queue.waiting),
      requests_waiting_bytes: sum(queues, (queue) => queue.waitingBytes),
      requests_in_flight: sum([...dispatcher.containers], (container) => container.inFlight.size),
      requests_without_outcome: sum(hosts, (host) => host.open.size),
      deadlines_armed: dispatcher.armedDeadlines,
      outcomes_unacknowledged: sum(hosts, (host) => host.retained),
      outcomes_unacknowledged_bytes: sum(hosts, (host) => host.retainedBytes),
      streams_unread: flow.streams.unread,
      answers_unsettled: sum(containers, (container) => container.unsettledCount),
      subscriptions: publications.count,
      published_waiting: sum(hosts, ({ published }) => published?.waitingCount ?? 0),
      published_waiting_bytes: sum(hosts, ({ published }) => published?.waitingBytes ?? 0),
      requests_claimed: recovery.openClaims,
      requests_in_recovery: recovery.waitingRequests,
      hosts_connected: hosts.filter((host) => host.inference).length,
      hosts_away: hosts.filter((host) => !host.inference).length,
      containers_connected: dispatcher.containers.size,
      inferences_registered: dispatcher.queues.size,
      connections: sockets.peerCount,
      sockets_exposed: options.exposed ? 1 : 0,
      draining: sessions.draining ? 1 : 0,
    }
  }
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((total, item) => total + of(item), 0)
