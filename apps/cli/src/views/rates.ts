import type { ClusterMetrics } from '@aicluster/host-sdk'

/** What happened per second between two moments. */
export interface Rates {
  received: number
  answered: number
  /** Outcomes that were errors, of containers or of the cluster. */
  failed: number
  /** By suffix name: answers of each container that is connected at both moments. */
  byContainer: ReadonlyMap<string, number>
}

/** By the manager's own clock. Undefined when there is nothing to compare: another manager, or no time between. */
export function ratesBetween(before: ClusterMetrics | undefined, now: ClusterMetrics): Rates | undefined {
  if (!before || before.epoch !== now.epoch) return undefined
  const seconds = (now.process.uptimeMs - before.process.uptimeMs) / 1000
  if (seconds <= 0) return undefined
  const perSecond = (count: (metrics: ClusterMetrics) => number): number => Math.max(0, count(now) - count(before)) / seconds
  const answeredBefore = new Map(before.credits.map(({ suffixName, answered }) => [suffixName, answered]))
  return {
    received: perSecond(({ counters }) => counters.requests_received_total ?? 0),
    answered: perSecond(({ counters }) => counters.outcomes_result_total ?? 0),
    failed: perSecond(failures),
    byContainer: new Map(
      now.credits.flatMap(({ suffixName, answered }) => {
        const earlier = answeredBefore.get(suffixName)
        // It counts from 0 again when it has connected anew.
        return earlier === undefined ? [] : [[suffixName, Math.max(0, answered - earlier) / seconds] as const]
      }),
    ),
  }
}

const FAILURE = /^outcomes_(container_error|error_\d+)_total$/

const failures = ({ counters }: ClusterMetrics): number =>
  Object.entries(counters).reduce((total, [name, value]) => (FAILURE.test(name) ? total + value : total), 0)
