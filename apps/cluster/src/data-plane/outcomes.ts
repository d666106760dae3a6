import { clusterError, type ErrorKey, encodeError, RecordFlag, RecordKind } from '@aicluster/protocol'
import type { DispatchRequest } from '../dispatch/dispatch-request'
import { count, FigureColumn, observe } from '../dispatch/inference-figures'
import { failureReason } from './failure-reason'
import { HostOutcome } from './host-outcome'
import type { HostSession } from './host-session'
import { TIME_ORIGIN_MS } from './message-clock'

/** An application that lets more outcomes than this lie is cut off. */
const MAX_RETAINED_OUTCOMES = 200_000

/** Outcomes of requests on their way out: stamped, counted, and kept by their session until the application has them. */
export class Outcomes {
  /** Those that are errors, by code. */
  private readonly failures = new Map<number, number>()

  constructor(
    private readonly now: () => number,
    /** An application does not read what it asked for: it has to go. */
    private readonly onSlowReader: (owner: HostSession) => void,
  ) {}

  /** @param request - what it is the outcome of; undefined: it never became one */
  deliver(owner: HostSession, outcome: HostOutcome, request?: DispatchRequest): void {
    if (request) {
      const nowMs = this.now()
      outcome.flags = RecordFlag.stamps
      outcome.receivedAtMs = TIME_ORIGIN_MS + request.arrivedAtMs
      outcome.sentAtMs = request.sentAtMs > 0 ? TIME_ORIGIN_MS + request.sentAtMs : 0
      outcome.answeredAtMs = TIME_ORIGIN_MS + nowMs
      if (outcome.kind === RecordKind.result) countResult(request, outcome, nowMs)
    }
    const { outcomes } = owner.requests
    outcomes.add(outcome)
    if (outcome.stage !== 'sent') outcome.compact()
    if (outcomes.size > MAX_RETAINED_OUTCOMES) this.onSlowReader(owner)
  }

  /** End a request with an error of the manager's own. */
  fail(owner: HostSession, number: number, key: ErrorKey, detail: string, args: string[] = [], request?: DispatchRequest): void {
    const error = clusterError(key, { detail, args })
    this.failures.set(error.code, (this.failures.get(error.code) ?? 0) + 1)
    if (request) count(request.queue.figures, FigureColumn[failureReason(key)])
    const header = encodeError(error)
    const outcome = new HostOutcome(number, RecordKind.error, header, undefined, 0)
    outcome.headerLength = header.length
    this.deliver(owner, outcome, request)
  }

  /** Failures so far, by the names in docs/protocol.md. */
  countersNow(): Record<string, number> {
    return Object.fromEntries([...this.failures].map(([code, count]) => [`outcomes_error_${code}_total`, count]))
  }
}

/** Only results: times to a failure are those of its time-out, and would hide how fast the inference is. */
function countResult({ queue, arrivedAtMs, sentAtMs }: DispatchRequest, { headerLength, bodyLength }: HostOutcome, nowMs: number): void {
  const { figures } = queue
  count(figures, FigureColumn.success)
  count(figures, FigureColumn.responseBytes, headerLength + bodyLength)
  observe(figures, FigureColumn.requestMs, nowMs - arrivedAtMs)
  observe(figures, FigureColumn.queueMs, sentAtMs - arrivedAtMs)
  observe(figures, FigureColumn.containerMs, nowMs - sentAtMs)
}
