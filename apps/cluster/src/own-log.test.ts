import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type TempFolder, tempFolder } from '@aicluster/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { shortenOwnLog } from './own-log'

describe("the manager's own log", () => {
  let folder: TempFolder
  let path: string
  let file: number
  beforeEach(async () => {
    folder = await tempFolder()
    path = join(folder.path, 'manager.log')
    file = openSync(path, 'a', 0o600)
  })
  afterEach(async () => {
    closeSync(file)
    await folder.remove()
  })

  it('is put aside when it is too long, and goes on from its beginning', async () => {
    writeSync(file, 'x'.repeat(101))

    await shortenOwnLog(path, { limitBytes: 100, written: path })
    writeSync(file, 'next')

    expect(readFileSync(path, 'utf8')).toBe('next')
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('x'.repeat(101))
    expect(statSync(`${path}.1`).mode & 0o777).toBe(0o600)
  })

  it('stays while it is short enough', async () => {
    writeSync(file, 'x'.repeat(100))

    await shortenOwnLog(path, { limitBytes: 100, written: path })

    expect(statSync(path).size).toBe(100)
  })

  it('of an earlier manager is left alone where this one writes elsewhere', async () => {
    const elsewhere = join(folder.path, 'elsewhere')
    writeFileSync(elsewhere, '')
    writeSync(file, 'x'.repeat(101))

    await shortenOwnLog(path, { limitBytes: 100, written: elsewhere })

    expect(statSync(path).size).toBe(101)
  })
})
