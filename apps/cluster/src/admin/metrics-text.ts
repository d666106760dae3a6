import { readdirSync } from 'node:fs'
import type { Board } from '../boards/board'
import { ContainerColumn, heapFigures, type PlaneFigures } from '../data-plane/plane-figures'
import { isInOrder, READINESS, type Readiness } from '../data-plane/readiness'
import { DURATION_BOUNDS_MS, type FailureReason, FIGURES_WIDTH, FigureColumn } from '../dispatch/inference-figures'
import type { LoopFigures } from '../loop-watch'
import { implementationOf } from '../registry/container-config-rules'
import type { InferenceRecord } from '../registry/inference-record'
import { writeBoardTelemetry } from './board-metrics'
import { boundLabels, Exposition, type ExpositionFormat, type LabelText, labelText, type MetricFamily } from './exposition'
import type { HistogramCache } from './histogram-cache'
import { CLUSTER, CONTAINER, INFERENCE, PROCESS, prefixed } from './metric-families'

/** What the control plane has to say in the metrics. */
export interface MetricsSource {
  readonly boards: { all(): readonly Pick<Board, 'name' | 'driver' | 'state' | 'telemetry'>[] }
  readonly registry: { all(): readonly InferenceRecord[] }
  /** Files that applications have sent. */
  readonly given: { readonly contents: { readonly bytes: number; readonly limitBytes: number } }
  readonly epoch: number
  /** Of the control plane's thread. */
  readonly loop: { look(): LoopFigures }
}

const BOUNDS = boundLabels(DURATION_BOUNDS_MS)
const REASONS: readonly FailureReason[] = ['rejected', 'timeout', 'canceled', 'container', 'other']
const STARTED_AT_SECONDS = Math.round(Date.now() / 1000 - process.uptime())

/** Every metric of the manager, as text. */
export function metricsText(source: MetricsSource, figures: PlaneFigures, format: ExpositionFormat, cache: HistogramCache): string {
  const out = new Exposition(format)
  cache.begin()
  writeInferences(out, figures, cache)
  writeContainers(out, source, figures)
  writeCluster(out, source, figures)
  writeProcess(out)
  return out.toString()
}

function writeInferences(out: Exposition, { names, rows }: PlaneFigures, cache: HistogramCache): void {
  const labels = names.map((inference) => labelText({ inference }))
  const each = (family: MetricFamily, write: (label: LabelText, at: number) => void) => {
    out.family(family)
    for (const [index, label] of labels.entries()) write(label, index * FIGURES_WIDTH)
  }
  const column = (family: MetricFamily, of: number, factor = 1) =>
    each(family, (label, at) => out.sample(family.name, label, (rows[at + of] as number) * factor))
  const histogram = (family: MetricFamily, of: number) =>
    each(family, (label, at) => out.written(cache.lines(family.name, label, BOUNDS, rows.subarray(at + of, at + of + BOUNDS.length + 1))))
  column(INFERENCE.success, FigureColumn.success)
  each(INFERENCE.failure, (label, at) => {
    for (const reason of REASONS) {
      out.sample(INFERENCE.failure.name, `${label},reason="${reason}"`, rows[at + FigureColumn[reason]] as number)
    }
  })
  column(INFERENCE.requestBytes, FigureColumn.requestBytes)
  column(INFERENCE.responseBytes, FigureColumn.responseBytes)
  histogram(INFERENCE.requestSeconds, FigureColumn.requestMs)
  histogram(INFERENCE.queueSeconds, FigureColumn.queueMs)
  histogram(INFERENCE.containerSeconds, FigureColumn.containerMs)
  column(INFERENCE.waiting, FigureColumn.waiting)
  column(INFERENCE.waitingBytes, FigureColumn.waitingBytes)
  column(INFERENCE.oldestWait, FigureColumn.oldestWaitMs, 1 / 1000)
  column(INFERENCE.inFlight, FigureColumn.inFlight)
  column(INFERENCE.containers, FigureColumn.containers)
  each(INFERENCE.ready, (label, at) => {
    const readiness = READINESS[rows[at + FigureColumn.readiness] as number] as Readiness
    out.sample(INFERENCE.ready.name, label, isInOrder(readiness) ? 1 : 0)
  })
}

/** Of the registered ones: what is gone from the registry is gone from here. */
function writeContainers(out: Exposition, { registry }: MetricsSource, { instances, containerRows }: PlaneFigures): void {
  const rowOf = new Map(instances.map((instance, row) => [instance, row * ContainerColumn.width]))
  const containers = registry
    .all()
    .filter(({ config }) => implementationOf(config) !== 'Loop')
    .flatMap(({ config, containers }) =>
      containers.map(({ instance, suffix_name: container, board }) => ({
        label: labelText({ inference: config.name, container, board }),
        row: rowOf.get(instance),
      })),
    )
  const column = (family: MetricFamily, of: number, more = '') => {
    for (const { label, row } of containers) {
      out.sample(family.name, `${label}${more}`, row === undefined ? 0 : (containerRows[row + of] as number))
    }
  }
  out.family(CONTAINER.connected)
  column(CONTAINER.connected, ContainerColumn.connected)
  out.family(CONTAINER.credits)
  column(CONTAINER.credits, ContainerColumn.free, ',state="free"')
  column(CONTAINER.credits, ContainerColumn.inFlight, ',state="in_use"')
  out.family(CONTAINER.answered)
  column(CONTAINER.answered, ContainerColumn.answered)
  out.family(CONTAINER.sentBytes)
  column(CONTAINER.sentBytes, ContainerColumn.sentBytes)
  out.family(CONTAINER.receivedBytes)
  column(CONTAINER.receivedBytes, ContainerColumn.receivedBytes)
}

function writeCluster(out: Exposition, { boards, given, epoch, loop }: MetricsSource, figures: PlaneFigures): void {
  const plain = (family: MetricFamily, value: number) => {
    out.family(family)
    out.sample(family.name, '', value)
  }
  out.family(CLUSTER.boardUp)
  for (const { name: board, driver, state } of boards.all()) {
    out.sample(CLUSTER.boardUp.name, labelText({ board, driver }), state.state === 'up' ? 1 : 0)
  }
  writeBoardTelemetry(out, boards.all())
  plain(CLUSTER.epoch, epoch)
  plain(CLUSTER.sentFiles, given.contents.bytes)
  plain(CLUSTER.sentFilesLimit, given.contents.limitBytes)
  for (const [name, value] of Object.entries(figures.gauges)) plain(prefixed('gauge', name), value)
  const rest = { ...figures.events }
  const errors = takeOut(rest, figures.requests, /^outcomes_error_(\d+)_total$/)
  for (const [name, value] of Object.entries(figures.requests)) {
    if (!errors.has(name)) plain(prefixed('counter', name), value)
  }
  labelled(out, CLUSTER.errors, 'code', errors)
  labelled(out, CLUSTER.dropped, 'reason', takeOut(rest, rest, /^messages_dropped_(.+)_total$/))
  labelled(out, CLUSTER.events, 'event', takeOut(rest, rest, /^(.+)_total$/))
  const threads = [
    ['data', figures, figures.loop],
    ['control', heapFigures(), loop.look()],
  ] as const
  const perThread = (family: MetricFamily, write: (label: LabelText, heap: ReturnType<typeof heapFigures>, loop: LoopFigures) => void) => {
    out.family(family)
    for (const [thread, heap, figuresOfLoop] of threads) write(labelText({ thread }), heap, figuresOfLoop)
  }
  perThread(CLUSTER.heap, (label, { heapUsedBytes }) => out.sample(CLUSTER.heap.name, label, heapUsedBytes))
  perThread(CLUSTER.external, (label, { externalBytes }) => out.sample(CLUSTER.external.name, label, externalBytes))
  perThread(CLUSTER.loopDelay, (label, _heap, { delayP99Ms, delayMaxMs }) => {
    out.sample(CLUSTER.loopDelay.name, `${label},stat="p99"`, delayP99Ms / 1000)
    out.sample(CLUSTER.loopDelay.name, `${label},stat="max"`, delayMaxMs / 1000)
  })
  perThread(CLUSTER.loopTime, (label, _heap, { activeMs, idleMs }) => {
    out.sample(CLUSTER.loopTime.name, `${label},state="active"`, activeMs / 1000)
    out.sample(CLUSTER.loopTime.name, `${label},state="idle"`, idleMs / 1000)
  })
}

/** Those whose name matches, by that name, with what the pattern catches; they are deleted from `rest`. */
function takeOut(rest: Record<string, number>, from: Readonly<Record<string, number>>, pattern: RegExp): Map<string, [string, number]> {
  const taken = new Map<string, [string, number]>()
  for (const [name, value] of Object.entries(from)) {
    const caught = pattern.exec(name)?.[1]
    if (caught === undefined) continue
    taken.set(name, [caught, value])
    delete rest[name]
  }
  return taken
}

function labelled(out: Exposition, family: MetricFamily, label: string, values: ReadonlyMap<string, [string, number]>): void {
  out.family(family)
  for (const [caught, value] of values.values()) out.sample(family.name, labelText({ [label]: caught }), value)
}

function writeProcess(out: Exposition): void {
  const { user, system } = process.cpuUsage()
  const values: [MetricFamily, number | undefined][] = [
    [PROCESS.cpu, (user + system) / 1e6],
    [PROCESS.memory, process.memoryUsage.rss()],
    [PROCESS.start, STARTED_AT_SECONDS],
    [PROCESS.files, openFiles()],
  ]
  for (const [family, value] of values) {
    out.family(family)
    if (value !== undefined) out.sample(family.name, '', value)
  }
}

/** Undefined where there is no /proc. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return undefined
  }
}
