import { describe, expect, it } from 'vitest'
import { AbsenceMeter, type BoardChange } from './board-absences'
import type { RequestRecord } from './request-record'

const ABSENCE = { board: 'board2', fromMs: 10_000, toMs: 20_000 }
const LIFE = { pid: 1, startedAtMs: 0, readyAtMs: 100 }
const UP: BoardChange = { board: 'board2', state: 'up', atMs: 500 }
const down = (atMs: number): BoardChange => ({ board: 'board2', state: 'down', atMs })

const result = (atMs: number): RequestRecord => ({
  id: 'a',
  inference: 'echo',
  sentAtMs: atMs,
  deadlineAtMs: 0,
  outcomes: [{ kind: 'result', atMs }],
  lines: [],
})
const ranOn = (board: string) => [{ id: 'a', requestNo: '1', container: `echo-${board}`, atMs: 0 }]

describe('a board that is away', () => {
  it('is noticed when the manager that knew it says so', () => {
    const meter = new AbsenceMeter([ABSENCE], [UP, down(12_500)], [LIFE])
    expect(meter.findings).toMatchObject({ absences: 1, noticedMs: [2_500], unnoticed: 0 })
  })

  it('was not noticed when nobody says so in time', () => {
    expect(new AbsenceMeter([ABSENCE], [UP], [LIFE]).findings).toMatchObject({ noticedMs: [], unnoticed: 1 })
  })

  it.each([
    ['nobody knew that it was up', [down(500), down(12_500)], [LIFE]],
    ['the manager was killed meanwhile', [UP, down(12_500)], [{ ...LIFE, killedAtMs: 12_000 }]],
    ['the manager had only just come', [UP, down(12_500)], [{ ...LIFE, readyAtMs: 9_000 }]],
  ] as const)('tells nothing when %s', (_what, changes, lives) => {
    expect(new AbsenceMeter([ABSENCE], changes, lives).findings).toMatchObject({ noticedMs: [], unnoticed: 0 })
  })

  it('is served for by the others', () => {
    const meter = new AbsenceMeter([ABSENCE], [UP], [LIFE])
    meter.add(result(9_000), ranOn('board1'))
    meter.add(result(11_000), ranOn('board1'))
    meter.add(result(11_500), ranOn('board2'))
    meter.add(result(17_000), ranOn('board3'))
    expect(meter.findings).toMatchObject({ servedByOthers: 2, longestPauseMs: 6_000, unserved: 0 })
  })

  it('is not served for when no other board gives a result', () => {
    const meter = new AbsenceMeter([ABSENCE], [UP], [LIFE])
    meter.add(result(11_500), ranOn('board2'))
    expect(meter.findings).toMatchObject({ servedByOthers: 0, unserved: 1 })
  })
})
