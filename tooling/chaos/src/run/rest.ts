import { setTimeout as sleep } from 'node:timers/promises'
import type { AICluster, ClusterMetrics } from '@aicluster/host-sdk'

/** The grace of an application that was killed at the very end may run out a little after the quiet time. */
const PATIENCE_MS = 5_000
const LOOK_AGAIN_MS = 500
const METRICS_TIMEOUT_MS = 5_000

/** What there should be. */
export interface Expected {
  /** Names of everything that has containers. */
  withContainers: readonly string[]
  /** How many boards each of them is on. */
  boards: number
}

export interface Rest {
  /** What is not at rest, in words; empty: everything is. */
  unrest: string[]
  /** Counters of the manager that was there last. */
  counters: Record<string, number>
}

/** Look whether the manager, and every container that there should be, is at rest; looks again for a moment where it is not. */
export async function lookForRest(cluster: AICluster, expected: Expected): Promise<Rest> {
  for (const giveUpAtMs = Date.now() + PATIENCE_MS; ; await sleep(LOOK_AGAIN_MS)) {
    const rest = await cluster.getMetrics({ timeout: METRICS_TIMEOUT_MS }).then(
      (metrics) => ({ unrest: unrestIn(metrics, expected), counters: metrics.counters }),
      (error: Error) => ({ unrest: [`the manager does not tell its figures: ${error.message}`], counters: {} }),
    )
    if (rest.unrest.length === 0 || Date.now() > giveUpAtMs) return rest
  }
}

/** Pure: what these figures say that is not as it is when nothing is going on. */
export function unrestIn(
  { gauges, restGauges, credits }: Pick<ClusterMetrics, 'gauges' | 'restGauges' | 'credits'>,
  { withContainers, boards }: Expected,
): string[] {
  const busy = [...restGauges, 'subscriptions'].filter((name) => gauges[name] !== 0).map((name) => `${name} is ${gauges[name]}`)
  if (restGauges.length === 0) busy.push('the manager names no rest gauges')
  const connected = credits.filter((row) => row.connected)
  const taken = connected
    .filter(({ free, inFlight, maxSendNum }) => inFlight !== 0 || free !== maxSendNum)
    .map(({ suffixName, free, inFlight, maxSendNum }) => `${suffixName}: ${free} credits free and ${inFlight} in flight of ${maxSendNum}`)
  const missing = withContainers.flatMap((name) => {
    const count = connected.filter(({ suffixName }) => suffixName.startsWith(`${name}-`)).length
    return count === boards ? [] : [`${count} containers of ${name} are connected, not ${boards}`]
  })
  return [...busy, ...taken, ...missing]
}
