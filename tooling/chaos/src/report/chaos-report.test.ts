import { describe, expect, it } from 'vitest'
import { OffTimes } from '../oracle/off-times'
import { Verdict } from '../oracle/verdict'
import { asJson, type ChaosFindings, complaints } from './chaos-report'
import { reportText } from './print-report'

const RULES = {
  redelivered: new Set<string>(),
  passing: new Set<string>(),
  sinks: new Set<string>(),
  graceMs: 0,
  deletions: [],
  offTimes: new OffTimes([]),
}

const AWAY = { absences: 2, noticedMs: [3_000], unnoticed: 0, servedByOthers: 9, longestPauseMs: 800, unserved: 0 }

/** What a run has found in which one request was sent, and had this many outcomes. */
function findings(outcomes = 1, changes: Partial<ChaosFindings> = {}): ChaosFindings {
  const verdict = new Verdict(RULES)
  const outcome = { kind: 'result', atMs: 5 } as const
  const lines = ['sent a.1.1 0 10 echo']
  verdict.add({ id: 'a.1.1', inference: 'echo', sentAtMs: 0, deadlineAtMs: 10, outcomes: Array(outcomes).fill(outcome), lines }, [], false)
  return {
    options: { lengthMs: 120_000, quietMs: 30_000, seed: 7, json: true, defect: undefined, keep: false, calm: false, boards: false },
    schedule: { managerKilled: 2 },
    faults: { managerKilled: 2, lostReplies: 30 },
    verdict,
    recoveries: { recoveriesMs: [900, 1_800], sinceStartMs: [700, 1_000], never: 0, mostOpenAtKill: 1_000 },
    notes: {},
    offOverRestarts: 0,
    slowestStartMs: 800,
    rest: { unrest: [], counters: {} },
    heap: { lives: 1, worstBytesPerMinute: 100, flat: true, messageBytesAtRest: 4_000_000 },
    orphans: [],
    leftovers: [],
    machineLoad: 1.5,
    absences: undefined,
    unexpectedEnds: [],
    ...changes,
  }
}

describe('the report of a run in which the promise held', () => {
  it('complains of nothing, and says everything in one JSON object', () => {
    expect(complaints(findings())).toEqual([])
    expect(asJson(findings())).toMatchObject({
      faults: { managerKilled: 2, lostReplies: 30 },
      requests: 1,
      outcomes: { result: 1 },
      lost: 0,
      duplicated: 0,
      wrong: 0,
      worstRecoveryMs: 1_800,
      worstRecoverySinceStartMs: 1_000,
      restGaugesZero: true,
      held: true,
    })
    expect(reportText(findings())).toMatch(/^promise +held$/m)
  })
})

describe('the promise did not hold', () => {
  it.each<[string, ChaosFindings, string]>([
    ['with a lost request', findings(0), '1 lost'],
    ['with a second outcome', findings(2), '1 duplicated'],
    ['when nothing was sent', { ...findings(), verdict: new Verdict(RULES) }, 'no request was sent'],
    [
      'when the cluster never recovered',
      findings(1, { recoveries: { recoveriesMs: [], sinceStartMs: [], never: 1, mostOpenAtKill: 0 } }),
      'no result came any more',
    ],
    ['when a command got a wrong answer', findings(1, { notes: { 'wrong answer: stop: 400': 1 } }), 'wrong answer: stop: 400'],
    ['when a gauge is not zero', findings(1, { rest: { unrest: ['requests_waiting is 2'], counters: {} } }), 'requests_waiting is 2'],
    ['when the heap grows', findings(1, { heap: { lives: 1, worstBytesPerMinute: 9, flat: false, messageBytesAtRest: 0 } }), 'heap grows'],
    [
      'when messages are held',
      findings(1, { heap: { lives: 1, worstBytesPerMinute: 9, flat: true, messageBytesAtRest: 5e7 } }),
      'bytes of messages at rest',
    ],
    ['when a process is left', findings(1, { orphans: [4711] }), 'processes 4711 were left'],
    ['when a container is left on a board', findings(1, { leftovers: ['board2 still has aicluster-echo-board2'] }), 'board2 still has'],
    ['when a board was noticed late', findings(1, { absences: { ...AWAY, noticedMs: [3_000, 4_100] } }), 'noticed after 4100 ms'],
    ['when nobody noticed', findings(1, { absences: { ...AWAY, unnoticed: 1 } }), 'nobody noticed that a board was away'],
    ['when no other board served', findings(1, { absences: { ...AWAY, unserved: 1 } }), 'no other board served'],
    ['when a manager ended by itself', findings(1, { unexpectedEnds: ['manager 12 ended by itself'] }), 'manager 12'],
    [
      'when a message made the manager throw',
      findings(1, { rest: { unrest: [], counters: { messages_dropped_handler_total: 1 } } }),
      'a handler of the manager throw',
    ],
  ])('%s', (_what, found, complaint) => {
    expect(complaints(found)).toEqual([expect.stringContaining(complaint)])
    expect(asJson(found)).toMatchObject({ held: false })
    expect(reportText(found)).toContain(complaint)
  })

  it('shows what is known of each request that it did not hold for', () => {
    expect(reportText(findings(0))).toContain('lost: no outcome\n    sent a.1.1 0 10 echo')
  })
})
