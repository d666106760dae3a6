import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TempFolder, tempFolder } from '@aicluster/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StateFolder } from './state-folder'

describe('the token of programs of this machine', () => {
  let folder: TempFolder
  let state: StateFolder
  beforeEach(async () => {
    folder = await tempFolder()
    state = await StateFolder.look(folder.path)
  })
  afterEach(() => folder.remove())

  const path = () => join(folder.path, 'token')
  const replaced: string[] = []
  const token = () => {
    replaced.length = 0
    return state.hostToken((reason) => replaced.push(reason))
  }

  it('is made once, whole, readable by this user alone', async () => {
    const made = await token()

    expect(made).toMatch(/^[\w-]{43}$/)
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder.path)).toEqual(['token'])
    expect(await token()).toBe(made)
    expect(replaced).toEqual([])
  })

  it.each([
    ['empty', ''],
    ['a line end', '\n'],
    ['cut', 'mHhE6r'],
  ])('that is %s, as a full disk leaves it, proves nothing: another one is made, and that is said', async (_what, content) => {
    writeFileSync(path(), content)

    const made = await token()

    expect(made).toHaveLength(43)
    expect(readFileSync(path(), 'utf8')).toBe(`${made}\n`)
    expect(replaced).toEqual([expect.stringContaining('made anew')])
  })
})
