import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempFolder } from './temp-folder'

it('is there, for this user alone, until it is disposed of', async () => {
  let path: string
  {
    await using folder = await tempFolder()
    path = folder.path
    writeFileSync(join(path, 'file'), 'x')
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(path.length).toBeLessThan(40)
  }
  expect(existsSync(path)).toBe(false)
})
