import { basename } from 'node:path'
import type { Deletion } from './deletions'
import type { OffTime } from './off-times'
import { linesOf } from './read-journals'

/** What an application has done with commands; see `RequestJournal`. */
export interface Operations {
  /** Those that were done, or may have been. */
  deletions: Deletion[]
  offTimes: OffTime[]
}

/** @param path - a journal; it is named after the application and its life */
export async function readOperations(path: string): Promise<Operations> {
  const ownPrefix = `${basename(path, '.log')}.`
  const deletions: Deletion[] = []
  const offTimes: OffTime[] = []
  for await (const line of linesOf(path)) {
    const [what, , at, fourth = '', inference = '', whose] = line.split(' ')
    const atMs = Number(at)
    if (what === 'deletes') {
      deletions.push({ requestNo: fourth, inference, own: whose === 'own', ownPrefix, askedAtMs: atMs, doneAtMs: Number.POSITIVE_INFINITY })
    } else if (what === 'deleted') {
      const asked = deletions.at(-1)
      if (fourth === 'refused') deletions.pop()
      else if (fourth === 'done' && asked) asked.doneAtMs = atMs
    } else if (what === 'off') {
      for (const container of fourth.split(',')) offTimes.push({ container, fromMs: atMs, toMs: Number.POSITIVE_INFINITY })
    } else if (what === 'on') {
      for (const time of offTimes) time.toMs = Math.min(time.toMs, atMs)
    }
  }
  return { deletions, offTimes }
}
