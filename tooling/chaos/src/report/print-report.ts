import type { AbsenceFindings } from '../oracle/board-absences'
import { type ChaosFindings, complaints } from './chaos-report'

const MOST_SHOWN = 20

const number = (value: number): string => value.toLocaleString('en-US')

const counts = (table: Partial<Record<string, number>>): string =>
  Object.entries(table)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${number(count ?? 0)}`)
    .join(', ') || 'none'

/** The table at the end of a run, and what is known of each request for which the promise did not hold. */
export function reportText(findings: ChaosFindings): string {
  const { options, faults, verdict, recoveries, rest, heap, notes, offOverRestarts, absences, machineLoad } = findings
  const { recoveriesMs, sinceStartMs, mostOpenAtKill } = recoveries
  const wire = Object.fromEntries(Object.entries(faults).filter(([name]) => /^(lost|doubled|delayed|truncated)/.test(name)))
  const processes = Object.fromEntries(Object.entries(faults).filter(([name]) => !(name in wire)))
  const problems = complaints(findings)
  const rows: [string, string][] = [
    ['run', `${options.lengthMs / 60_000} minutes, seed ${options.seed}${options.defect ? `, deliberate defect: ${options.defect}` : ''}`],
    ['faults, processes', counts(processes)],
    ['faults, messages', counts(wire)],
    ['requests', `${number(verdict.requests)} accepted; refused on the spot: ${counts(verdict.refused)}`],
    ['outcomes', counts(verdict.outcomes)],
    ['owner died first', number(verdict.ownerDied)],
    ['executions', `${number(verdict.executions)}; ran twice by redelivery: ${number(verdict.redelivered)}`],
    ['commands', counts(notes)],
    ['off over restarts', `${number(offOverRestarts)} times a container whose distribution was off when a manager got ready`],
    ...Object.entries(verdict.counts).map(([kind, count]): [string, string] => [kind, number(count)]),
    [
      'recovery',
      recoveriesMs.length === 0
        ? 'no manager was killed'
        : `worst ${number(Math.max(...recoveriesMs))} ms from the kill, ${number(Math.max(...sinceStartMs))} ms from the successor's start; median ${number(median(recoveriesMs))} ms of ${recoveriesMs.length}; at most ${number(mostOpenAtKill)} requests open`,
    ],
    ...(absences ? absenceRows(absences) : []),
    ['at rest', rest.unrest.length === 0 ? 'yes' : 'NO'],
    ['heap', heapText(heap)],
    ['machine', `load average ${machineLoad.toFixed(1)} over 15 minutes`],
    ['promise', problems.length === 0 ? 'held' : 'BROKEN'],
  ]
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  const table = rows.map(([name, text]) => `${name.padEnd(width)}${text}`)
  const shown = verdict.offences
    .slice(0, MOST_SHOWN)
    .map(({ kind, why, lines }) => `${kind}: ${why}\n${lines.map((line) => `    ${line}`).join('\n')}`)
  return [...table, ...problems.map((problem) => `  - ${problem}`), ...shown, ''].join('\n')
}

function absenceRows({ absences, noticedMs, servedByOthers, longestPauseMs }: AbsenceFindings): [string, string][] {
  const noticed = `worst ${number(Math.max(0, ...noticedMs))} ms, median ${number(median(noticedMs))} ms, of ${noticedMs.length}`
  return [
    ['boards away', `${absences} times; noticed (where one manager lived meanwhile): ${noticed}`],
    ['others served', `${number(servedByOthers)} results while a board was away; longest pause ${number(longestPauseMs)} ms`],
  ]
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const heapText = ({ lives, worstBytesPerMinute, flat }: ChaosFindings['heap']): string =>
  worstBytesPerMinute === undefined
    ? 'unknown: no manager lived long enough to tell'
    : `${flat ? 'flat' : 'GROWS'}: ${number(Math.max(0, Math.round(worstBytesPerMinute / 1024)))} KB a minute, the most of ${lives} managers that lived long enough to tell`
