import type * as fs from 'node:fs/promises'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TempFolder, tempFolder } from '@aicluster/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { withKeyLock } from './key-lock'

/** How the second look at the lock is held up: until the gate is opened it has what it has read, and does not go on. */
const looks = vi.hoisted(() => ({ count: 0, gate: Promise.resolve() }))
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>()
  const readFile = async (path: string, encoding: 'utf8'): Promise<string> => {
    const text = await real.readFile(path, encoding)
    if (path.endsWith('/lock') && ++looks.count === 2) await looks.gate
    return text
  }
  return { ...real, readFile }
})

let folder: TempFolder
beforeEach(async () => {
  folder = await tempFolder()
  Object.assign(looks, { count: 0, gate: Promise.resolve() })
})
afterEach(() => folder.remove())

/** The lock of a command that was killed. */
const leaveStale = (name = 'lock') => writeFile(join(folder.path, name), JSON.stringify({ pid: 4_194_304, startTime: '1' }))

/** Commands that do their work one after another, unless two of them hold the lock at once. */
async function changes(count: number, begun: () => void = () => {}): Promise<number> {
  let atWork = 0
  let most = 0
  const change = () =>
    withKeyLock(folder.path, async () => {
      most = Math.max(most, ++atWork)
      begun()
      // Whoever could come in meanwhile, does.
      await new Promise((resolve) => setTimeout(resolve, 50))
      atWork--
    })
  await Promise.all(Array.from({ length: count }, change))
  return most
}

describe('the lock of a command that was killed', () => {
  it('is not taken for that of another which has cleared it away meanwhile', async () => {
    await leaveStale()
    let open!: () => void
    looks.gate = new Promise((resolve) => {
      open = resolve
    })

    const most = await changes(2, open)

    expect(most).toBe(1)
    expect(await readdir(folder.path)).toEqual([])
  })

  it('goes to one at a time of many', async () => {
    await leaveStale()

    expect(await changes(10)).toBe(1)

    expect(await readdir(folder.path)).toEqual([])
  })

  it('goes also where the one that was about to clear it away was killed, or it cannot be read', async () => {
    await leaveStale()
    await leaveStale('lock.4194304-1')
    expect(await changes(2)).toBe(1)

    await writeFile(join(folder.path, 'lock'), '')
    expect(await changes(2)).toBe(1)

    expect(await readdir(folder.path)).toEqual([])
  })
})
