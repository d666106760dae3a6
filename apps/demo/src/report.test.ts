import { InferenceResponse } from '@aicluster/host-sdk'
import { describe, expect, it } from 'vitest'
import type { DigitImage } from './digit-images'
import { reportText, shortcomings, summarize } from './report'
import { Tally } from './tally'

const digit = (label: number): DigitImage => ({ image: { dtype: 'uint8', shape: [1, 1], data: Uint8Array.of(240) }, label })

function result(read: number, queuedMs: number) {
  const response = new InferenceResponse()
  response.elapsedTime = [queuedMs, 0, 0, 0]
  return { code: 0, message: '', result: { digit: read, probability: 1 }, response }
}

/** A hundred images of a 7 in one second, each answered after as many ms as its number, from 1. */
function hundred({ misread = 0 } = {}): Tally {
  const tally = new Tally()
  for (let n = 1; n <= 100; n++) {
    tally.sent++
    tally.add(digit(7), result(n <= misread ? 1 : 7, 2), n)
  }
  tally.totalMs = 1000
  return tally
}

describe('the summary', () => {
  it('says what came of the requests', () => {
    expect(summarize(hundred({ misread: 3 }), { board1: 60, board2: 40 })).toEqual({
      requests: 100,
      correct: 97,
      accuracy: 0.97,
      lost: 0,
      errors: 0,
      boards: { board1: 60, board2: 40 },
      requestsPerSecond: 100,
      p50Ms: 50,
      p99Ms: 99,
    })
  })

  it('counts what had neither result nor error as lost, and an error as not correct', () => {
    const tally = hundred()
    tally.sent += 100
    tally.add(digit(7), { code: 402, message: 'Container disconnected', result: undefined, response: undefined }, 5)
    expect(summarize(tally, {})).toMatchObject({ requests: 200, correct: 100, accuracy: 0.5, errors: 1, lost: 99 })
  })

  it('holds numbers even when there was no answer at all', () => {
    const tally = new Tally()
    tally.sent = 1
    const summary = summarize(tally, { board1: 0 })
    expect(JSON.parse(JSON.stringify(summary))).toMatchObject({ accuracy: 0, lost: 1, requestsPerSecond: 0, p50Ms: 0, p99Ms: 0 })
  })
})

describe('a run', () => {
  const judge = (tally: Tally, boards: Record<string, number>): string[] => shortcomings(summarize(tally, boards), tally)

  it('is a success with every answer, 95 % right, from every board', () => {
    expect(judge(hundred({ misread: 5 }), { board1: 99, board2: 1 })).toEqual([])
  })

  it('is none with an accuracy below 95 %', () => {
    expect(judge(hundred({ misread: 6 }), { board1: 1 })).toEqual(['the accuracy is 94.0 %, below 95.0 %'])
  })

  it('is none when a board gave no answer', () => {
    expect(judge(hundred(), { board1: 100, board2: 0 })).toEqual(['no answer came from board2'])
  })

  it('is none with a lost request', () => {
    const tally = hundred()
    tally.sent++
    expect(judge(tally, { board1: 100 })).toEqual(['1 requests had no outcome'])
  })

  it('is none with an error, each kind of which is told once', () => {
    const tally = hundred()
    for (const [code, message] of [
      [402, 'gone'],
      [402, 'gone too'],
      [306, 'late'],
    ] as const) {
      tally.sent++
      tally.add(digit(7), { code, message, result: undefined, response: undefined }, 5)
    }
    expect(judge(tally, { board1: 100 })).toEqual(['3 requests failed: gone; late'])
  })
})

describe('the report', () => {
  it('is a table, and the first three misread digits', () => {
    const tally = hundred({ misread: 4 })
    const lines = reportText(summarize(tally, { left: 60, right: 40 }), tally, 100).split('\n')
    expect(lines).toEqual([
      '  images             100',
      '  correct            96',
      '  accuracy           96.0 %',
      '  answered by left   60',
      '  answered by right  40',
      '  requests/s         100',
      '  p50                50.0 ms',
      '  p99                99.0 ms',
      '  queue wait         2.0 ms on average, p99 2.0 ms',
      '  errors             0',
      '  lost               0 (sent minus outcomes)',
      '',
      '  read 1, is 7    read 1, is 7    read 1, is 7',
      '',
      '  @@              @@              @@',
    ])
  })

  it('draws nothing when nothing was misread, and tells images from requests', () => {
    const tally = hundred()
    const lines = reportText(summarize(tally, { board1: 100 }), tally, 30).split('\n')
    expect(lines[0]).toBe('  images              30, 100 requests')
    expect(lines.at(-1)).toBe('  lost                0 (sent minus outcomes)')
  })
})

describe('the tally', () => {
  it('keeps a misread image once, however often it was sent', () => {
    const tally = new Tally()
    const one = digit(7)
    for (let n = 0; n < 3; n++) tally.add(one, result(1, 0), 1)
    expect(tally.misread).toEqual([{ ...one, read: 1 }])
  })
})
