import type { Column } from '../output/table'
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
  boards.map(({ name, driver, ip, state, since, reason, labels }) => {
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
  { heading: 'STATE', text: ({ state, reason }) => (reason ? `${state}: ${reason}` : state) },
  { heading: 'CONTAINERS', text: ({ containers }) => containers, right: true },
  { heading: 'CONNECTED', text: ({ connected }) => connected, right: true },
]

/** Free of all. */
export const CREDITS_COLUMN: Column<BoardView> = {
  heading: 'FREE CREDITS',
  text: ({ freeCredits, credits }) => `${freeCredits}/${credits}`,
  right: true,
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
