import type { AICluster } from '@aicluster/host-sdk'
import { expect } from 'vitest'
import type { ErrorRow } from './error-table'
import type { Attempt, Provocation } from './provocation'
import { clearCommon, proveCommonCallback, proveEvent, proveOwnCallback, proveRejection, proveThrow, setOnlyTheOther } from './ways'

type Attempts = Extract<Provocation, { attempts: unknown }>['attempts']

/** Cause a row and check that it is as the table says, in every way. @throws whatever differs */
export async function proveRow(row: ErrorRow, provocation: Provocation): Promise<void> {
  if ('happening' in provocation) return proveEvent(row, await provocation.happening(row))
  const { attempts } = provocation
  if (row.notify === 'reject') return each(row, attempts, (attempt) => proveRejection(row, attempt))
  if (row.notify === 'throw') return each(row, attempts, (attempt) => proveThrow(row, attempt))
  await each(row, attempts, (attempt, cluster) => proveOwnCallback(row, attempt, cluster))
  await each(row, attempts, (attempt, cluster) => proveCommonCallback(row, attempt, cluster))
}

/** Provoke the row, and prove it for each of the attempts. */
async function each(row: ErrorRow, attempts: Attempts, prove: (attempt: Attempt, cluster: AICluster) => Promise<void>): Promise<void> {
  const made = await attempts(row)
  expect(made.length).toBeGreaterThan(0)
  for (const attempt of made) {
    const { cluster } = attempt
    if (cluster) setOnlyTheOther(row, cluster)
    try {
      await prove(attempt, cluster as AICluster)
    } finally {
      if (cluster) clearCommon(cluster)
      await attempt.afterwards?.()
    }
  }
}
