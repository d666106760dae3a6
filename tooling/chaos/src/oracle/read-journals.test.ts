import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ExecutionJournal } from '../programs/execution-journal'
import { readExecutions } from './read-journals'

describe('the journals of containers', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aicj-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('tell in which container something ran, as the cluster calls it, whatever process that was', async () => {
    new ExecutionJournal(folder, 'echo-board1').begins('a.1.1', '77', 'echo')
    const executions = await readExecutions(folder)
    expect(executions.get('a.1.1')).toEqual([expect.objectContaining({ requestNo: '77', container: 'echo-board1' })])
  })
})
