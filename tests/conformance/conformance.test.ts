import { existsSync, readFileSync } from 'node:fs'
import type { AICluster } from '@aicluster/host-sdk'
import { afterAll, describe, expect, it } from 'vitest'
import { ERROR_ROWS, ERROR_TABLE, type ErrorRow, titleOf } from './error-table'
import { type Attempt, type Provocation, proves } from './provocation'
import { PROVOCATIONS } from './provocations/provocations'
import { STAGES } from './stages/stages'
import { waitingReason } from './waiting'
import { clearCommon, proveCommonCallback, proveEvent, proveOwnCallback, proveRejection, proveThrow, setOnlyTheOther } from './ways'

/** Where the specification lies beside the repository, for those who work on both. */
const SPECIFICATION = new URL('../../../shared/spec/errors.json', import.meta.url)

const provocationsOf = (row: ErrorRow): Provocation[] => PROVOCATIONS.filter((provocation) => proves(provocation, row))

describe('the table of errors', () => {
  it('is the one of the specification, byte for byte', () => {
    const isHere = existsSync(SPECIFICATION)
    if (!isHere) console.info('the table of errors was not compared: no ../shared/spec/errors.json beside the repository')
    const copy = readFileSync(ERROR_TABLE, 'utf8')
    expect(copy).toBe(isHere ? readFileSync(SPECIFICATION, 'utf8') : copy)
    expect(ERROR_ROWS).toHaveLength(243)
    expect(new Set(ERROR_ROWS.map(titleOf)).size).toBe(243)
  })

  it('has for each row one provocation, or a reason to wait', () => {
    const counted = ERROR_ROWS.map((row) => [titleOf(row), provocationsOf(row).length + (waitingReason(row) ? 1 : 0)])
    expect(counted.filter(([, count]) => count !== 1)).toEqual([])
  })

  it('is all that is provoked', () => {
    const idle = PROVOCATIONS.flatMap(({ rows }) => rows).filter((selector) => !ERROR_ROWS.some((row) => proves({ rows: [selector] }, row)))
    expect(idle).toEqual([])
  })
})

describe('row by row', () => {
  afterAll(async () => {
    await Promise.all(STAGES.map((stage) => stage.close()))
  })

  for (const row of ERROR_ROWS) {
    const [provocation] = provocationsOf(row)
    if (!provocation || waitingReason(row)) continue
    it(titleOf(row), async ({ task }) => {
      task.meta.errorRow = titleOf(row)
      if ('happening' in provocation) await proveEvent(row, await provocation.happening(row))
      else await proveAttempts(row, provocation.attempts)
    })
  }
})

type Attempts = Extract<Provocation, { attempts: unknown }>['attempts']

async function proveAttempts(row: ErrorRow, attempts: Attempts): Promise<void> {
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
