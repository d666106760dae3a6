import { describe, expect, it } from 'vitest'
import { RecoveryMeter } from './recoveries'
import type { Outcome, RequestRecord } from './request-record'

const LIVES = [
  { pid: 1, startedAtMs: 0, readyAtMs: 10, killedAtMs: 1_000 },
  { pid: 2, startedAtMs: 1_500, readyAtMs: 2_000 },
]

const request = (sentAtMs: number, atMs: number, kind: Outcome['kind'] = 'result'): RequestRecord => ({
  id: 'a',
  inference: 'echo',
  sentAtMs,
  deadlineAtMs: 0,
  outcomes: [{ kind, atMs }],
  lines: [],
})

describe('the recovery after a kill', () => {
  it('lasts until the first result after the next manager was ready', () => {
    const meter = new RecoveryMeter(LIVES)
    for (const seen of [request(900, 1_001), request(900, 2_300), request(2_100, 2_200), request(2_100, 2_050, 'error')]) meter.add(seen)

    expect(meter.recoveries).toEqual({ recoveriesMs: [1_200], sinceStartMs: [700], never: 0, mostOpenAtKill: 2 })
  })

  it('never comes when no result does', () => {
    const meter = new RecoveryMeter(LIVES)
    meter.add(request(900, 2_300, 'error'))

    expect(meter.recoveries).toEqual({ recoveriesMs: [], sinceStartMs: [], never: 1, mostOpenAtKill: 1 })
  })

  it('is not asked for when a manager was ended in order', () => {
    expect(new RecoveryMeter([{ pid: 1, startedAtMs: 0, readyAtMs: 1 }]).recoveries).toEqual({
      recoveriesMs: [],
      sinceStartMs: [],
      never: 0,
      mostOpenAtKill: 0,
    })
  })
})
