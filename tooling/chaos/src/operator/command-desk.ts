import { setTimeout as sleep } from 'node:timers/promises'
import { type AICluster, AIClusterError } from '@aicluster/host-sdk'
import { COMMAND_OFFENCE, type RequestJournal } from '../apps/request-journal'

const RETRY_PAUSE_MS = 100
/** Nobody knows whether it was carried out: no connection, its own time-out, a session that has gone. */
const UNKNOWN_ANSWERS: ReadonlySet<number> = new Set([111, 313, 314])

/** Whether this code leaves open what became of a command. */
export const isUnknown = (code: number): boolean => UNKNOWN_ANSWERS.has(code)

/** Gives commands and notes what the cluster says to them; what it may not say is an offence. */
export class CommandDesk {
  constructor(
    readonly cluster: AICluster,
    private readonly journal: RequestJournal,
  ) {}

  /**
   * @param right - codes that are a right answer to it, beside 0 and what leaves its fate open
   * @returns 0, or the code of its failure
   */
  async give(what: string, right: readonly number[], command: () => Promise<unknown>): Promise<number> {
    const code = await command().then(
      () => 0,
      (error: unknown) => (error instanceof AIClusterError ? error.code : -1),
    )
    if (code === 0) this.journal.note(what)
    else this.journal.note(isUnknown(code) || right.includes(code) ? `${what} failed: ${code}` : `${COMMAND_OFFENCE}: ${what}: ${code}`)
    return code
  }

  /**
   * Again and again, until it is done.
   * @param mostTries - default: for ever, since what was done must be undone
   * @returns whether it was done
   */
  async giveUntilDone(
    what: string,
    right: readonly number[],
    command: () => Promise<unknown>,
    mostTries = Number.POSITIVE_INFINITY,
  ): Promise<boolean> {
    for (let tries = 0; tries < mostTries; tries++) {
      if ((await this.give(what, right, command)) === 0) return true
      await sleep(RETRY_PAUSE_MS)
    }
    return false
  }
}
