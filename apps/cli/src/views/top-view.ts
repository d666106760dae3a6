import type { ContainerStatus } from '@aicluster/host-sdk'
import type { ScreenLine } from '../output/screen'
import { type Column, tableLines } from '../output/table'
import { bytesText, durationText } from '../output/units'
import { BOARD_COLUMNS, type BoardView, boardViews, CREDITS_COLUMN, useColumns } from './board-view'
import { CONTAINER_NAMES, CONTAINER_STATE, CONTAINER_USE } from './container-columns'
import { INFERENCE_COLUMNS, type InferenceView, inferenceViews } from './inference-view'
import { type Rates, ratesBetween } from './rates'
import type { Snapshot } from './snapshot'

/** What `top` shows at one moment; also its JSON. */
export interface TopView {
  manager: Snapshot['metrics']['process'] & { epoch: number }
  requests: {
    waiting: number
    inFlight: number
    receivedPerSecond: number | undefined
    answeredPerSecond: number | undefined
    failedPerSecond: number | undefined
  }
  applications: number
  boards: (BoardView & { answeredPerSecond: number | undefined })[]
  inferences: InferenceView[]
  containers: (ContainerStatus & { freeCredits: number | undefined; answeredPerSecond: number | undefined })[]
}

/** @param before - an earlier moment, for the rates */
export function topView(before: Snapshot | undefined, now: Snapshot): TopView {
  const { process: manager, epoch, gauges, credits } = now.metrics
  const rates = ratesBetween(before?.metrics, now.metrics)
  const free = new Map(credits.map((credit) => [credit.suffixName, credit.free]))
  return {
    manager: { ...manager, epoch },
    requests: {
      waiting: gauges.requests_waiting ?? 0,
      inFlight: gauges.requests_in_flight ?? 0,
      receivedPerSecond: rates?.received,
      answeredPerSecond: rates?.answered,
      failedPerSecond: rates?.failed,
    },
    applications: gauges.hosts_connected ?? 0,
    boards: boardViews(now).map((board) => ({ ...board, answeredPerSecond: boardRate(board.name, now, rates) })),
    inferences: inferenceViews(now),
    containers: now.containers.map((container) => ({
      ...container,
      freeCredits: free.get(container.suffixName),
      answeredPerSecond: rates?.byContainer.get(container.suffixName),
    })),
  }
}

const boardRate = (name: string, { metrics }: Snapshot, rates: Rates | undefined): number | undefined =>
  rates &&
  metrics.credits
    .filter(({ board }) => board === name)
    .reduce((total, { suffixName }) => total + (rates.byContainer.get(suffixName) ?? 0), 0)

/** Lines for a terminal; the first is a status line that the caller completes. */
export function topLines({ manager, requests, applications, boards, inferences, containers }: TopView): ScreenLine[] {
  const { receivedPerSecond, answeredPerSecond, failedPerSecond } = requests
  return [
    [
      `Manager    pid ${manager.pid}, up for ${durationText(manager.uptimeMs)}, memory ${bytesText(manager.rssBytes)}, event-loop delay p99 ${manager.eventLoopDelayP99Ms.toFixed(1)} ms`,
    ],
    [`Requests   ${requests.waiting} waiting, ${requests.inFlight} in flight; applications connected: ${applications}`],
    [
      `Per second ${rateText(receivedPerSecond)} received, ${rateText(answeredPerSecond)} answered, ${rateText(failedPerSecond)} failed`,
      (failedPerSecond ?? 0) > 0 ? 'yellow' : undefined,
    ],
    ...section([...BOARD_COLUMNS, CREDITS_COLUMN, RATE_COLUMN, ...useColumns(boards)], boards),
    ...section(INFERENCE_COLUMNS, inferences),
    ...section([...CONTAINER_NAMES, ...CONTAINER_STATE, RATE_COLUMN, ...CONTAINER_USE], containers),
  ].map(([text, color]) => (color ? [text, color] : [text]) as ScreenLine)
}

const RATE_COLUMN: Column<{ answeredPerSecond: number | undefined }> = {
  heading: 'ANSWERS/S',
  text: ({ answeredPerSecond }) => rateText(answeredPerSecond),
  right: true,
}

const rateText = (perSecond: number | undefined): string => (perSecond === undefined ? '-' : perSecond.toFixed(perSecond < 100 ? 1 : 0))

const section = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): [string, 'bold' | undefined][] =>
  rows.length === 0
    ? []
    : [
        ['', undefined],
        ...tableLines(columns, rows).map((line, index) => [line, index === 0 ? 'bold' : undefined] as [string, 'bold' | undefined]),
      ]
