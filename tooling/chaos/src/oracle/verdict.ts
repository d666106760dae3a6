import { type Deletion, isDeletionOf } from './deletions'
import type { OffTimes } from './off-times'
import type { Execution, Outcome, RequestRecord } from './request-record'

/** What may be wrong with a request. */
export const OFFENCES = ['lost', 'duplicated', 'wrong', 'late', 'unexpected', 'whileOff'] as const
export type OffenceKind = (typeof OFFENCES)[number]

/** A request for which the promise did not hold, and everything that is known of it. */
export interface Offence {
  kind: OffenceKind
  why: string
  lines: string[]
}

export interface Rules {
  /** Inferences whose requests may run twice. */
  redelivered: ReadonlySet<string>
  /** Inferences that are not always registered: 400 is no surprise. */
  passing: ReadonlySet<string>
  /** Inferences whose result says that a program has taken the request: it ran. */
  sinks: ReadonlySet<string>
  /** How long after its deadline an outcome may come, in ms: processes stand still for a while in these runs. */
  graceMs: number
  /** Deletions that were asked for and not refused: 310 is an outcome only of what they select. */
  deletions: readonly Deletion[]
  /** When containers got nothing. */
  offTimes: OffTimes
}

/** Errors that a request may end with when things break around it. */
const EXPECTED_CODES = new Set([111, 305, 306, 312, 313, 314, 401, 402])
const DELETED = 310
/** Offences of each kind that are kept whole; the others are only counted. */
const KEPT = 20

/** Judges requests one by one, and adds up. Pure: it is told everything. */
export class Verdict {
  /** Accepted: their calls did not fail on the spot. */
  requests = 0
  /** Failed on the spot, by code. */
  readonly refused: Record<string, number> = {}
  /** Of accepted requests: `result`, or the code of the error. */
  readonly outcomes: Record<string, number> = {}
  /** Had no outcome yet when their application was killed. */
  ownerDied = 0
  executions = 0
  /** Ran twice, as they may. */
  redelivered = 0
  readonly counts: Record<OffenceKind, number> = { lost: 0, duplicated: 0, wrong: 0, late: 0, unexpected: 0, whileOff: 0 }
  readonly offences: Offence[] = []

  constructor(private readonly rules: Rules) {}

  get holds(): boolean {
    return OFFENCES.every((kind) => this.counts[kind] === 0)
  }

  /**
   * @param executions - every time that a container began to work on it
   * @param ownerDied - its application was killed
   */
  add(request: RequestRecord, executions: readonly Execution[], ownerDied: boolean): void {
    const { outcomes } = request
    const [outcome] = outcomes
    this.executions += executions.length
    this.judgeExecutions(request, executions)
    if (outcome?.kind === 'refused') {
      count(this.refused, String(outcome.code))
      if (executions.length > 0) this.note('duplicated', `refused with ${outcome.code}, and ran all the same`, request, executions)
      return
    }
    this.requests++
    if (outcomes.length > 1) this.note('duplicated', `${outcomes.length} outcomes`, request, executions)
    if (outcome) this.judgeOutcome(outcome, request, executions)
    else if (ownerDied) this.ownerDied++
    else this.note('lost', 'no outcome', request, executions)
  }

  private judgeOutcome(outcome: Outcome, request: RequestRecord, executions: readonly Execution[]): void {
    const { kind, code, why, atMs } = outcome
    count(this.outcomes, kind === 'error' ? String(code) : 'result')
    if (kind === 'wrong') this.note('wrong', why ?? '', request, executions)
    if (kind === 'result' && executions.length === 0 && this.rules.sinks.has(request.inference)) {
      this.note('wrong', 'taken by nobody', request, executions)
    }
    if (kind === 'error' && !this.isExpected(code ?? 0, request)) this.note('unexpected', `error ${code}`, request, executions)
    if (code === DELETED && executions.length > 0 && !this.rules.redelivered.has(request.inference)) {
      this.note('wrong', 'deleted from a queue, and ran', request, executions)
    }
    const lateMs = atMs - request.deadlineAtMs
    if (lateMs > this.rules.graceMs) this.note('late', `${lateMs} ms after its deadline`, request, executions)
  }

  private judgeExecutions(request: RequestRecord, executions: readonly Execution[]): void {
    const allowed = this.rules.redelivered.has(request.inference) ? 2 : 1
    if (executions.length > allowed) this.note('duplicated', `ran ${executions.length} times, ${allowed} allowed`, request, executions)
    else if (executions.length > 1) this.redelivered++
    if (executions.some((execution) => this.rules.offTimes.forbid(request, execution))) {
      this.note('whileOff', 'handed out to a container whose distribution was off', request, executions)
    }
  }

  private isExpected(code: number, request: RequestRecord): boolean {
    const { passing, deletions } = this.rules
    if (code === DELETED) return isDeletionOf(deletions, request)
    return EXPECTED_CODES.has(code) || (code === 400 && passing.has(request.inference))
  }

  private note(kind: OffenceKind, why: string, request: RequestRecord, executions: readonly Execution[]): void {
    if (++this.counts[kind] > KEPT) return
    const ran = executions.map(({ requestNo, container, atMs }) => `ran ${requestNo} in ${container} at ${atMs}`)
    this.offences.push({ kind, why, lines: [...request.lines, ...ran] })
  }
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1
}
