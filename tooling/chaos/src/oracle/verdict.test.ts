import { describe, expect, it } from 'vitest'
import { OffTimes } from './off-times'
import type { Execution, Outcome, RequestRecord } from './request-record'
import { type Rules, Verdict } from './verdict'

const RULES: Rules = {
  redelivered: new Set(['again']),
  passing: new Set(['passing']),
  sinks: new Set(['sink']),
  graceMs: 5_000,
  // Somebody deletes its own requests to `wide`, all of `slow`, and number 77.
  deletions: [
    { requestNo: '-', inference: 'wide', own: true, ownPrefix: 'a.1.', askedAtMs: 5, doneAtMs: 20 },
    { requestNo: '-', inference: 'slow', own: false, ownPrefix: 'b.1.', askedAtMs: 5, doneAtMs: 20 },
    { requestNo: '77', inference: '-', own: false, ownPrefix: 'b.1.', askedAtMs: 5, doneAtMs: 20 },
  ],
  offTimes: new OffTimes([{ container: 'off-board1', fromMs: -1, toMs: 20 }]),
}
const NOTHING_WRONG = { lost: 0, duplicated: 0, wrong: 0, late: 0, unexpected: 0, whileOff: 0 }

interface Case {
  inference?: string
  outcomes?: Outcome[]
  ran?: number
  /** Where. */
  container?: string
  ranAtMs?: number
  ownerDied?: boolean
}

/** One request that was sent at 0 and should have ended by 1,000. */
function verdictOn({
  inference = 'echo',
  outcomes = [],
  ran = 0,
  container = 'echo-board1',
  ranAtMs = 5,
  ownerDied = false,
}: Case): Verdict {
  const verdict = new Verdict(RULES)
  const request: RequestRecord = { id: 'a.1.1', inference, sentAtMs: 0, deadlineAtMs: 1_000, outcomes, lines: ['sent a.1.1'] }
  const execution: Execution = { id: 'a.1.1', requestNo: '77', container, atMs: ranAtMs }
  verdict.add(request, Array<Execution>(ran).fill(execution), ownerDied)
  return verdict
}

const result = (atMs = 10): Outcome => ({ kind: 'result', atMs })
const error = (code: number, atMs = 10, requestNo = '78'): Outcome => ({ kind: 'error', atMs, code, requestNo })

describe('the promise holds for a request', () => {
  it.each<[string, Case, Record<string, number>]>([
    ['with one result', { outcomes: [result()], ran: 1 }, { result: 1 }],
    ['that a sink took', { inference: 'sink', outcomes: [result()], ran: 1 }, { result: 1 }],
    ['with one error', { outcomes: [error(402)], ran: 1 }, { 402: 1 }],
    ['that is late, but not by much', { outcomes: [error(313, 5_900)] }, { 313: 1 }],
    ['that was redelivered', { inference: 'again', outcomes: [result()], ran: 2 }, { result: 1 }],
    ['to an inference that was not there', { inference: 'passing', outcomes: [error(400)] }, { 400: 1 }],
    ['that its application deleted with all its own', { inference: 'wide', outcomes: [error(310)] }, { 310: 1 }],
    ['that another deleted with all of an inference', { inference: 'slow', outcomes: [error(310)] }, { 310: 1 }],
    ['that another deleted by its number', { outcomes: [error(310, 10, '77')] }, { 310: 1 }],
    ['that ran where distribution is on again', { outcomes: [result()], ran: 1, container: 'off-board1', ranAtMs: 21 }, { result: 1 }],
    ['whose application died first', { ran: 1, ownerDied: true }, {}],
    ['whose application died after its outcome', { outcomes: [result()], ran: 1, ownerDied: true }, { result: 1 }],
  ])('%s', (_what, given, outcomes) => {
    const verdict = verdictOn(given)
    expect(verdict.counts).toEqual(NOTHING_WRONG)
    expect(verdict.holds).toBe(true)
    expect(verdict.outcomes).toEqual(outcomes)
    expect(verdict.requests).toBe(1)
    expect(verdict.redelivered).toBe(given.ran === 2 ? 1 : 0)
  })

  it('that was refused on the spot: it counts as none', () => {
    const verdict = verdictOn({ outcomes: [{ kind: 'refused', atMs: 0, code: 305 }] })
    expect(verdict).toMatchObject({ holds: true, requests: 0, refused: { 305: 1 }, outcomes: {} })
  })
})

describe('the promise is broken by a request', () => {
  it.each<[string, Case, string]>([
    ['without an outcome', { ran: 1 }, 'lost'],
    ['with two outcomes', { outcomes: [result(), error(402)] }, 'duplicated'],
    ['that ran twice', { outcomes: [result()], ran: 2 }, 'duplicated'],
    ['that ran three times with redelivery', { inference: 'again', outcomes: [result()], ran: 3 }, 'duplicated'],
    ['that ran twice before its application died', { ran: 2, ownerDied: true }, 'duplicated'],
    ['that was refused and ran', { outcomes: [{ kind: 'refused', atMs: 0, code: 111 }], ran: 1 }, 'duplicated'],
    ["with somebody else's result", { outcomes: [{ kind: 'wrong', atMs: 10, why: 'theirs' }] }, 'wrong'],
    ['to a sink that took it, by none', { inference: 'sink', outcomes: [result()] }, 'wrong'],
    ['to a sink that took it twice', { inference: 'sink', outcomes: [result()], ran: 2 }, 'duplicated'],
    ['that is late', { outcomes: [result(6_001)] }, 'late'],
    ['that was deleted, and nobody asked for it', { outcomes: [error(310)] }, 'unexpected'],
    ['that was deleted before anybody asked for it', { inference: 'slow', outcomes: [error(310, 4)] }, 'unexpected'],
    ['that was deleted, and ran', { inference: 'slow', outcomes: [error(310)], ran: 1 }, 'wrong'],
    ['that ran where distribution is off', { outcomes: [result()], ran: 1, container: 'off-board1', ranAtMs: 19 }, 'whileOff'],
    ['with an error that nothing explains', { outcomes: [error(999)] }, 'unexpected'],
    ['to an inference that was there all the time', { outcomes: [error(400)] }, 'unexpected'],
  ])('%s', (_what, given, kind) => {
    const verdict = verdictOn(given)
    expect(verdict.counts).toEqual({ ...NOTHING_WRONG, [kind]: 1 })
    expect(verdict.holds).toBe(false)
    expect(verdict.offences).toEqual([expect.objectContaining({ kind, lines: expect.arrayContaining(['sent a.1.1']) })])
  })
})
