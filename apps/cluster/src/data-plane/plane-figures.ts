import { getHeapStatistics } from 'node:v8'
import type { Dispatcher } from '../dispatch/dispatcher'
import { FIGURES_WIDTH, FigureColumn } from '../dispatch/inference-figures'
import type { LoopFigures } from '../loop-watch'
import type { ContainerSession } from './container-session'
import { READINESS, type ReadinessTable, readinessOf } from './readiness'

/** What a row says of a container. */
export const ContainerColumn = { connected: 0, free: 1, inFlight: 2, answered: 3, sentBytes: 4, receivedBytes: 5, width: 6 } as const

/** Everything that `/metrics` wants from the data plane, so that one call brings it over: numbers in tables, not in objects. */
export interface PlaneFigures {
  /** Inferences, in the order of their rows. */
  names: string[]
  /** {@link FIGURES_WIDTH} numbers each: see {@link FigureColumn}. */
  rows: Float64Array
  /** Containers that have said hello, in the order of their rows. */
  instances: string[]
  /** Numbers as in {@link ContainerColumn}. */
  containerRows: Float64Array
  /** Counters of the hot path, by the names of `get_metrics`. */
  requests: Record<string, number>
  /** All other counters. */
  events: Record<string, number>
  gauges: Record<string, number>
  heapUsedBytes: number
  externalBytes: number
  loop: LoopFigures
}

/** The figures of every inference at this moment. */
export function inferenceTable(dispatcher: Dispatcher, nowMs: number): Pick<PlaneFigures, 'names' | 'rows'> {
  const names: string[] = []
  const rows = new Float64Array(dispatcher.queues.size * FIGURES_WIDTH)
  for (const [name, queue] of dispatcher.queues) {
    const { figures, oldest } = queue
    figures[FigureColumn.waiting] = queue.waiting
    figures[FigureColumn.waitingBytes] = queue.waitingBytes
    figures[FigureColumn.oldestWaitMs] = oldest ? nowMs - oldest.arrivedAtMs : 0
    figures[FigureColumn.inFlight] = queue.inFlight
    figures[FigureColumn.containers] = queue.subscriptions.length
    figures[FigureColumn.readiness] = READINESS.indexOf(readinessOf(queue, (container, number) => dispatcher.isHeld(container, number)))
    rows.set(figures, names.length * FIGURES_WIDTH)
    names.push(name)
  }
  return { names, rows }
}

/** Of every inference, or of the one of this name. */
export function readinessTable(dispatcher: Dispatcher, draining: boolean, socketLost: boolean, only?: string): ReadinessTable {
  const queues = only === undefined ? [...dispatcher.queues.values()] : [dispatcher.queues.get(only) ?? []].flat()
  const isHeld = dispatcher.isHeld.bind(dispatcher)
  return {
    draining,
    socketLost,
    names: queues.map(({ settings }) => settings.name),
    codes: queues.map((queue) => READINESS.indexOf(readinessOf(queue, isHeld))),
  }
}

export function containerTable(containers: Iterable<ContainerSession>): Pick<PlaneFigures, 'instances' | 'containerRows'> {
  const snapshots = [...containers].map((container) => container.snapshot())
  const containerRows = new Float64Array(snapshots.length * ContainerColumn.width)
  for (const [row, { connected, free, inFlight, answered, sentBytes, receivedBytes }] of snapshots.entries()) {
    containerRows.set([connected ? 1 : 0, free, inFlight, answered, sentBytes, receivedBytes], row * ContainerColumn.width)
  }
  return { instances: snapshots.map(({ instance }) => instance), containerRows }
}

/** Cheaper than `process.memoryUsage`, which asks the system too. */
export function heapFigures(): Pick<PlaneFigures, 'heapUsedBytes' | 'externalBytes'> {
  const { used_heap_size: heapUsedBytes, external_memory: externalBytes } = getHeapStatistics()
  return { heapUsedBytes, externalBytes }
}
