import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RequestJournal } from '../apps/request-journal'
import { OffTimes } from './off-times'
import { type Operations, readOperations } from './read-operations'

describe('the journal of an operator', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aicj-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function written(write: (journal: RequestJournal) => void): Promise<Operations> {
    const path = join(folder, 'operating.1.log')
    const journal = new RequestJournal(path)
    write(journal)
    journal.close()
    return readOperations(path)
  }

  it('tells what it asked to delete, but for what was refused', async () => {
    const { deletions } = await written((journal) => {
      journal.deletes({ requestNo: '77', inference: '-', own: true })
      journal.deleted('done')
      journal.deletes({ requestNo: '-', inference: 'slow', own: true })
      journal.deleted('refused')
      journal.deletes({ requestNo: '-', inference: 'wide', own: false })
      journal.deleted('unknown')
    })
    expect(deletions).toEqual([
      expect.objectContaining({ requestNo: '77', own: true, ownPrefix: 'operating.1.', doneAtMs: expect.any(Number) }),
      expect.objectContaining({ inference: 'wide', own: false, doneAtMs: Number.POSITIVE_INFINITY }),
    ])
    expect(deletions[0]?.doneAtMs).toBeLessThan(Number.POSITIVE_INFINITY)
  })

  it('tells which containers were off, and that those which nobody switched on still are', async () => {
    const { offTimes } = await written((journal) => {
      journal.off(['echo-board1', 'echo-board2'])
      journal.on()
      journal.off(['slow-board1'])
    })
    expect(offTimes.map(({ container }) => container)).toEqual(['echo-board1', 'echo-board2', 'slow-board1'])
    expect(offTimes.map(({ toMs }) => Number.isFinite(toMs))).toEqual([true, true, false])
  })
})

describe('times without distribution', () => {
  it('are counted once for each container that was off when a manager got ready', () => {
    const off = new OffTimes([
      { container: 'echo-board1', fromMs: 10, toMs: 20 },
      { container: 'echo-board2', fromMs: 10, toMs: 20 },
      { container: 'echo-board1', fromMs: 30, toMs: 40 },
    ])
    expect(off.overRestarts([5, 15, 25])).toBe(2)
  })
})
