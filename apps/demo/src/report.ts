import { drawMisread } from './drawing'
import { mean, percentile } from './statistics'
import type { Tally } from './tally'

const REQUIRED_ACCURACY = 0.95

/** What `--json` prints. */
export interface Summary {
  requests: number
  correct: number
  /** Correct answers among all requests, from 0 to 1. */
  accuracy: number
  /** Requests sent that had no outcome: neither result nor error. */
  lost: number
  errors: number
  /** How many answers came from each board. */
  boards: Record<string, number>
  requestsPerSecond: number
  p50Ms: number
  p99Ms: number
}

export function summarize(tally: Tally, boards: Record<string, number>): Summary {
  return {
    requests: tally.sent,
    correct: tally.correct,
    accuracy: round(tally.correct / tally.sent, 4),
    lost: tally.sent - tally.outcomes,
    errors: tally.errors,
    boards,
    requestsPerSecond: round(tally.outcomes / (tally.totalMs / 1000), 1),
    p50Ms: round(percentile(tally.tookMs, 0.5), 2),
    p99Ms: round(percentile(tally.tookMs, 0.99), 2),
  }
}

/** Why the run is not a success, one reason a line; none: it is. */
export function shortcomings({ accuracy, lost, errors, boards }: Summary, { errorMessages }: Tally): string[] {
  const unused = Object.keys(boards).filter((name) => boards[name] === 0)
  return [
    ...(lost === 0 ? [] : [`${lost} requests had no outcome`]),
    ...(errors === 0 ? [] : [`${errors} requests failed: ${[...errorMessages.values()].join('; ')}`]),
    ...(accuracy >= REQUIRED_ACCURACY ? [] : [`the accuracy is ${percent(accuracy)}, below ${percent(REQUIRED_ACCURACY)}`]),
    ...(unused.length === 0 ? [] : [`no answer came from ${unused.join(', ')}`]),
  ]
}

/** The table and the misread digits. */
export function reportText(summary: Summary, tally: Tally, images: number): string {
  const { requests, correct, accuracy, boards, requestsPerSecond, p50Ms, p99Ms, errors, lost } = summary
  const { queuedMs, misread } = tally
  const table = formatTable([
    ['images', requests === images ? whole(images) : `${whole(Math.min(images, requests))}, ${whole(requests)} requests`],
    ['correct', whole(correct)],
    ['accuracy', percent(accuracy)],
    ...Object.entries(boards).map(([name, answered]): Row => [`answered by ${name}`, whole(answered)]),
    ['requests/s', whole(requestsPerSecond)],
    ['p50', `${p50Ms.toFixed(1)} ms`],
    ['p99', `${p99Ms.toFixed(1)} ms`],
    ['queue wait', `${mean(queuedMs).toFixed(1)} ms on average, p99 ${percentile(queuedMs, 0.99).toFixed(1)} ms`],
    ['errors', whole(errors)],
    ['lost', `${whole(lost)} (sent minus outcomes)`],
  ])
  return misread.length === 0 ? table : `${table}\n\n${drawMisread(misread)}`
}

type Row = readonly [name: string, value: string]

function formatTable(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')
}

/** The same in every locale. */
const whole = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 0 })
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
/** JSON has no NaN (of no values at all): 0. */
const round = (value: number, digits: number): number => (Number.isFinite(value) ? Number(value.toFixed(digits)) : 0)
