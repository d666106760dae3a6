import { COMMAND_OFFENCE, PUBLICATION_OFFENCE } from '../apps/request-journal'
import type { HeapGrowth } from '../heap/heap-growth'
import type { ChaosOptions } from '../options'
import { type AbsenceFindings, NOTICED_LIMIT_MS } from '../oracle/board-absences'
import type { FaultTable } from '../run/fault-tally'
import type { Judgement } from '../run/judge-world'
import type { Rest } from '../run/rest'
import type { ChaosKind } from '../schedule/chaos-event'

/** Everything that a run has found out. */
export interface ChaosFindings extends Judgement {
  options: ChaosOptions
  schedule: Partial<Record<ChaosKind, number>>
  faults: FaultTable
  rest: Rest
  heap: HeapGrowth
  /** Processes that were left when everything had been ended. */
  orphans: number[]
  /** Containers, and folders of containers, that were left on boards. */
  leftovers: string[]
  /** The system's load average over 15 minutes: far above the number of processors, times tell of the machine. */
  machineLoad: number
  /** Managers and applications that ended by themselves, or would not end. */
  unexpectedEnds: string[]
}

/** What a manager that has nothing to do may hold outside of its heap, in bytes: it is about 4 MB, batches of ZeroMQ among it. */
const MOST_AT_REST_BYTES = 16 * 1024 * 1024

const isOffence = (note: string): boolean => note.startsWith(PUBLICATION_OFFENCE) || note.startsWith(COMMAND_OFFENCE)

/** What is wrong, in words; empty: the promise held. */
export function complaints(findings: ChaosFindings): string[] {
  const { verdict, recoveries, rest, heap, orphans, leftovers, unexpectedEnds, notes, absences } = findings
  const { counts } = verdict
  const handlerDrops = rest.counters.messages_dropped_handler_total ?? 0
  return [
    ...Object.entries(counts).flatMap(([kind, count]) => (count > 0 ? [`${count} ${kind}`] : [])),
    ...Object.entries(notes).flatMap(([note, count]) => (isOffence(note) ? [`${count} times ${note}`] : [])),
    ...(verdict.requests === 0 ? ['no request was sent'] : []),
    ...(recoveries.never > 0 ? [`${recoveries.never} times no result came any more after the manager was killed`] : []),
    ...rest.unrest.map((what) => `not at rest: ${what}`),
    ...(heap.flat ? [] : [`the manager's heap grows: ${heap.worstBytesPerMinute} bytes a minute`]),
    ...((heap.messageBytesAtRest ?? 0) > MOST_AT_REST_BYTES
      ? [`the manager holds ${heap.messageBytesAtRest} bytes of messages at rest`]
      : []),
    ...(orphans.length > 0 ? [`processes ${orphans.join(', ')} were left`] : []),
    ...leftovers,
    ...(absences ? complaintsOf(absences) : []),
    ...unexpectedEnds,
    ...(handlerDrops > 0 ? [`${handlerDrops} messages made a handler of the manager throw`] : []),
  ]
}

function complaintsOf({ noticedMs, unnoticed, unserved }: AbsenceFindings): string[] {
  const worst = Math.max(0, ...noticedMs)
  return [
    ...(worst >= NOTICED_LIMIT_MS ? [`a board that was away was noticed after ${worst} ms`] : []),
    ...(unnoticed > 0 ? [`${unnoticed} times nobody noticed that a board was away`] : []),
    ...(unserved > 0 ? [`${unserved} times no other board served while one was away`] : []),
  ]
}

/** The last line of `--json`. */
export function asJson(findings: ChaosFindings): object {
  const {
    options,
    schedule,
    faults,
    verdict,
    recoveries,
    rest,
    heap,
    orphans,
    notes,
    offOverRestarts,
    slowestStartMs,
    absences,
    leftovers,
    machineLoad,
  } = findings
  const { seed, lengthMs, quietMs, defect } = options
  const problems = complaints(findings)
  return {
    seed,
    minutes: lengthMs / 60_000,
    quietSeconds: quietMs / 1_000,
    ...(defect && { break: defect }),
    schedule,
    faults,
    requests: verdict.requests,
    refused: verdict.refused,
    outcomes: verdict.outcomes,
    ownerDied: verdict.ownerDied,
    executions: verdict.executions,
    redelivered: verdict.redelivered,
    ...verdict.counts,
    recoveries: recoveries.recoveriesMs.length,
    worstRecoveryMs: Math.max(0, ...recoveries.recoveriesMs),
    worstRecoverySinceStartMs: Math.max(0, ...recoveries.sinceStartMs),
    slowestStartMs,
    mostOpenAtKill: recoveries.mostOpenAtKill,
    restGaugesZero: rest.unrest.length === 0,
    orphans: orphans.length,
    ...(absences && {
      absences: absences.absences,
      noticed: absences.noticedMs.length,
      noticedMs: Math.max(0, ...absences.noticedMs),
      allNoticedMs: absences.noticedMs,
      unnoticed: absences.unnoticed,
      servedByOthers: absences.servedByOthers,
      longestPauseMs: absences.longestPauseMs,
      leftOnBoards: leftovers.length,
    }),
    heapBytesPerMinute: heap.worstBytesPerMinute ?? null,
    messageBytesAtRest: heap.messageBytesAtRest ?? null,
    machineLoad: Number(machineLoad.toFixed(1)),
    offOverRestarts,
    commands: notes,
    problems,
    held: problems.length === 0,
  }
}
