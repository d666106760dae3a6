import type { BoardTelemetry, GpuTelemetry } from '@aicluster/host-sdk'
import type { Column } from '../output/table'
import { bytesText } from '../output/units'
import type { Snapshot } from './snapshot'

/** A board and what is on it. */
export interface BoardView {
  name: string
  driver: string
  ip: string
  state: 'up' | 'down'
  /** Since when, ISO 8601. */
  since: string
  /** Why it is down. */
  reason: string | null
  labels: Readonly<Record<string, string>>
  /** Version of its Docker Engine. */
  engineVersion: string | null
  /** How it is doing, where it tells. */
  telemetry: BoardTelemetry | null
  /** Inferences that have a container there. */
  inferences: string[]
  containers: number
  connected: number
  /** Requests that its containers would take at once. */
  freeCredits: number
  /** Requests that its connected containers may hold, in all. */
  credits: number
}

export const boardViews = ({ boards, containers, metrics }: Snapshot): BoardView[] =>
  boards.map(({ name, driver, ip, state, since, reason, labels, engineVersion, telemetry }) => {
    const own = containers.filter(({ allocatedCoprocessor }) => allocatedCoprocessor === name)
    const credits = metrics.credits.filter(({ board, connected }) => board === name && connected)
    return {
      name,
      driver,
      ip,
      state,
      since,
      reason,
      labels,
      engineVersion,
      telemetry,
      inferences: [...new Set(own.map((container) => container.name))],
      containers: own.length,
      connected: own.filter(({ connectStatus }) => connectStatus === 'connected').length,
      freeCredits: sum(credits.map(({ free }) => free)),
      credits: sum(credits.map(({ maxSendNum }) => maxSendNum)),
    }
  })

/** Columns of what a board is and holds. */
export const BOARD_COLUMNS: Column<BoardView>[] = [
  { heading: 'BOARD', text: ({ name }) => name },
  { heading: 'DRIVER', text: ({ driver }) => driver },
  { heading: 'ADDRESS', text: ({ ip }) => ip },
  { heading: 'STATE', text: ({ state, reason }) => (reason ? `${state}: ${shortened(reason)}` : state) },
  { heading: 'CONTAINERS', text: ({ containers }) => containers, right: true },
  { heading: 'CONNECTED', text: ({ connected }) => connected, right: true },
]

/** Characters of a reason in a table; `boards check` and JSON have all of it. */
const MAX_REASON = 60

const shortened = (reason: string): string => (reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON - 1)}…` : reason)

/** How a board is doing. */
const BOARD_USE: Column<BoardView>[] = [
  { heading: 'LOAD', text: ({ telemetry }) => telemetry?.load?.[0].toFixed(2), right: true },
  { heading: 'MEMORY', text: ({ telemetry }) => ofTotal(telemetry?.memoryUsedBytes, telemetry?.memoryTotalBytes), right: true },
  { heading: 'DISK FREE', text: ({ telemetry }) => bytesUnlessNull(telemetry?.diskFreeBytes), right: true },
  { heading: 'TEMPERATURE', text: ({ telemetry }) => degrees(telemetry?.temperatureCelsius), right: true },
  { heading: 'GPU', text: ({ telemetry }) => telemetry?.gpus.map(gpuText).join(', ') },
]

const bytesUnlessNull = (bytes: number | null | undefined): string | undefined => (bytes == null ? undefined : bytesText(bytes))

const ofTotal = (used: number | null | undefined, total: number | null | undefined): string | undefined =>
  used == null || total == null ? undefined : `${bytesText(used)} of ${bytesText(total)}`

const degrees = (celsius: number | null | undefined): string | undefined => (celsius == null ? undefined : `${Math.round(celsius)} °C`)

/** `87 %, 3.2 GB of 8 GB, 51 °C`, as far as it is told. */
function gpuText({ name, usePercent, memoryUsedBytes, memoryTotalBytes, temperatureCelsius }: GpuTelemetry): string {
  const parts = [
    usePercent === null ? undefined : `${Math.round(usePercent)} %`,
    ofTotal(memoryUsedBytes, memoryTotalBytes),
    degrees(temperatureCelsius),
  ]
  return parts.filter((part) => part !== undefined).join(' ') || name
}

/** How boards are doing, where one of them tells it. */
export const useColumns = (boards: readonly BoardView[]): Column<BoardView>[] =>
  boards.some(({ telemetry }) => telemetry) ? BOARD_USE : []

/** Its labels, as they select it. */
export const LABELS_COLUMN: Column<BoardView> = {
  heading: 'LABELS',
  text: ({ labels }) =>
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(' '),
}

/** Free of all. */
export const CREDITS_COLUMN: Column<BoardView> = {
  heading: 'FREE CREDITS',
  text: ({ freeCredits, credits }) => `${freeCredits}/${credits}`,
  right: true,
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
