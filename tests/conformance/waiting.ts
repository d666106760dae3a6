import { ERROR_ROWS, type ErrorRow } from './error-table'

interface Waiting {
  reason: string
  isMeant: (row: ErrorRow) => boolean
}

/** Rows that cannot be proven yet, each with the reason that every run prints. */
const WAITING: readonly Waiting[] = [
  {
    reason: 'they need the ssh driver, which comes with the boards issue',
    isMeant: ({ code }) => code === 500,
  },
]

/** Why a row cannot be proven yet; undefined: it must be. */
export const waitingReason = (row: ErrorRow): string | undefined => WAITING.find(({ isMeant }) => isMeant(row))?.reason

/** The rows that wait, by reason. */
export const waitingRows = (): { reason: string; rows: ErrorRow[] }[] =>
  WAITING.map(({ reason, isMeant }) => ({ reason, rows: ERROR_ROWS.filter(isMeant) }))
