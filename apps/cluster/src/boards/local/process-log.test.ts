import { mkdtempSync, rmSync, writeSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ProcessLog } from './process-log'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'process-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const read = (name: string): Promise<string> => readFile(join(folder, 'log', name), 'utf8')

describe('the log of a program', () => {
  it('is put aside beyond its limit, the oldest dropped, while the program goes on writing', async () => {
    const log = new ProcessLog(folder, { logBytes: 10, logFiles: 3 })
    const { out, close } = log.open()
    for (const text of ['first, long\n', 'second, long\n', 'third, long\n']) {
      writeSync(out, text)
      await log.rotate()
    }
    writeSync(out, 'now\n')
    close()

    expect(await read('stdout.log')).toBe('now\n')
    expect(await read('stdout.log.1')).toBe('third, long\n')
    expect(await read('stdout.log.2')).toBe('second, long\n')
    expect((await readdir(join(folder, 'log'))).sort()).toEqual([
      'put-aside.json',
      'stderr.log',
      'stdout.log',
      'stdout.log.1',
      'stdout.log.2',
    ])
  })

  it('stays where it is up to its limit', async () => {
    const log = new ProcessLog(folder, { logBytes: 10, logFiles: 3 })
    const { out, close } = log.open()
    writeSync(out, '0123456789')
    close()
    await log.rotate()
    expect(await readdir(join(folder, 'log'))).not.toContain('stdout.log.1')
  })

  it('has a tail of the current run only: of stderr, else of stdout', async () => {
    const log = new ProcessLog(folder, { logBytes: 1000, logFiles: 3 })
    const first = log.open()
    writeSync(first.err, 'of the run before\n')
    first.close()
    const second = log.open()
    writeSync(second.out, 'hello\n')
    expect(await log.tail()).toBe('hello')
    writeSync(second.err, '\u001b[31mbad\u001b[0m\n')
    second.close()
    expect(await log.tail()).toBe('bad')
  })

  it('has a tail of at most 20 lines and 4 KB', async () => {
    const log = new ProcessLog(folder, { logBytes: 1e9, logFiles: 3 })
    const { err, close } = log.open()
    writeSync(err, Array.from({ length: 30 }, (_, i) => `line ${i}\n`).join(''))
    expect((await log.tail()).split('\n')).toEqual(Array.from({ length: 20 }, (_, i) => `line ${i + 10}`))
    writeSync(err, 'x'.repeat(200_000))
    close()
    expect(await log.tail()).toBe('x'.repeat(4096))
  })

  it('has a tail of what came after a rotation, also for a manager that did not see it', async () => {
    const log = new ProcessLog(folder, { logBytes: 10, logFiles: 1 })
    const { err, close } = log.open()
    const later = new ProcessLog(folder, { logBytes: 10, logFiles: 1 })
    later.resume({ stdout: 0, stderr: 15 })
    writeSync(err, 'a long line that goes\n')
    await log.rotate()
    writeSync(err, 'after\n')
    close()
    expect(await log.tail()).toBe('after')
    expect(await later.tail()).toBe('after')
  })
})
