import type { ManagerLife } from '../world/manager-keeper'
import type { Execution, RequestRecord } from './request-record'

/** A time in which a board was cut off or without power, in ms since 1970. */
export interface Absence {
  board: string
  fromMs: number
  toMs: number
}

/** From now on the manager says so. */
export interface BoardChange {
  board: string
  state: 'up' | 'down'
  atMs: number
}

/** A board that is away is noticed by then, in ms. */
export const NOTICED_LIMIT_MS = 4_000
/** The manager's word is asked for now and then, and its answer takes a while on a machine with much to do. */
const ASKING_MS = 500
/** A manager that has just come first looks for its boards, in ms. */
const SETTLED_MS = 5_000

export interface AbsenceFindings {
  absences: number
  /** From the cut until the manager said so, in ms, of those in which a manager lived that had said that the board was up. */
  noticedMs: number[]
  /** Long absences that such a manager never noticed. */
  unnoticed: number
  /** Results that containers of other boards gave meanwhile. */
  servedByOthers: number
  /** The longest time without one while a manager lived, in ms. */
  longestPauseMs: number
  /** Long absences in which a manager lived, and no other board gave a result. */
  unserved: number
}

/** Judges what a cluster made of the absences of its boards, from requests as they go by. Pure. */
export class AbsenceMeter {
  private readonly resultsAtMs: number[][]

  constructor(
    private readonly absences: readonly Absence[],
    private readonly changes: readonly BoardChange[],
    private readonly lives: readonly ManagerLife[],
  ) {
    this.resultsAtMs = absences.map(() => [])
  }

  add({ outcomes: [outcome] }: RequestRecord, executions: readonly Execution[]): void {
    if (outcome?.kind !== 'result') return
    for (const [i, { board, fromMs, toMs }] of this.absences.entries()) {
      if (outcome.atMs < fromMs || outcome.atMs > toMs) continue
      if (executions.some(({ container }) => !container.endsWith(`-${board}`))) this.resultsAtMs[i]?.push(outcome.atMs)
    }
  }

  get findings(): AbsenceFindings {
    const found: AbsenceFindings = {
      absences: this.absences.length,
      noticedMs: [],
      unnoticed: 0,
      servedByOthers: 0,
      longestPauseMs: 0,
      unserved: 0,
    }
    for (const [i, absence] of this.absences.entries()) {
      this.judgeNotice(absence, found)
      this.judgeService(absence, this.resultsAtMs[i] ?? [], found)
    }
    return found
  }

  private judgeNotice({ board, fromMs, toMs }: Absence, found: AbsenceFindings): void {
    const ofBoard = this.changes.filter((change) => change.board === board)
    if (ofBoard.filter(({ atMs }) => atMs <= fromMs).at(-1)?.state !== 'up') return
    const limitMs = fromMs + NOTICED_LIMIT_MS + ASKING_MS
    const noticed = ofBoard.find(({ state, atMs }) => state === 'down' && atMs > fromMs && atMs <= Math.max(toMs, limitMs))
    const untilMs = noticed?.atMs ?? limitMs
    if (!this.oneManager(fromMs, untilMs)) return
    if (noticed) found.noticedMs.push(noticed.atMs - fromMs)
    else if (toMs > limitMs) found.unnoticed++
  }

  private judgeService({ fromMs, toMs }: Absence, resultsAtMs: number[], found: AbsenceFindings): void {
    found.servedByOthers += resultsAtMs.length
    if (!this.oneManager(fromMs, toMs)) return
    const times = [fromMs, ...resultsAtMs.sort((a, b) => a - b), toMs]
    const pauses = times.slice(1).map((atMs, i) => atMs - (times[i] ?? atMs))
    found.longestPauseMs = Math.max(found.longestPauseMs, ...pauses)
    if (resultsAtMs.length === 0 && toMs - fromMs > NOTICED_LIMIT_MS) found.unserved++
  }

  /** Whether the same manager lived all the time, and had settled before. */
  private oneManager(fromMs: number, toMs: number): boolean {
    return this.lives.some(
      ({ readyAtMs = Number.POSITIVE_INFINITY, killedAtMs = Number.POSITIVE_INFINITY }) =>
        readyAtMs + SETTLED_MS < fromMs && killedAtMs > toMs,
    )
  }
}
