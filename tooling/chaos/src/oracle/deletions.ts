import type { AskedDeletion } from '../apps/request-journal'
import type { RequestRecord } from './request-record'

/** A deletion of waiting requests that an application has asked for. Times are ms since 1970. */
export interface Deletion extends AskedDeletion {
  /** How the ids of its own requests begin. */
  ownPrefix: string
  askedAtMs: number
  /** When its application heard that it was done; Infinity: it never heard what became of it. */
  doneAtMs: number
}

/**
 * Whether somebody has asked to delete a request that has ended with 310. Pure.
 * What was refused must not be among `deletions`: it explains nothing.
 */
export function isDeletionOf(deletions: readonly Deletion[], { id, inference, sentAtMs, outcomes: [outcome] }: RequestRecord): boolean {
  if (!outcome) return false
  return deletions.some(
    (asked) =>
      (asked.requestNo === '-' ? asked.inference === inference : asked.requestNo === outcome.requestNo) &&
      (!asked.own || id.startsWith(asked.ownPrefix)) &&
      sentAtMs <= asked.doneAtMs &&
      outcome.atMs >= asked.askedAtMs,
  )
}
