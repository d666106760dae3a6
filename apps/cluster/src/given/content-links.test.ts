import { createHash } from 'node:crypto'
import type * as fs from 'node:fs/promises'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type TempFolder, tempFolder } from '@aicluster/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ContentStore, UNUSED_MS } from './content-store'

/** Names that a file may have: 65,000 on ext4, too many for a test. */
const MAX_NAMES = 3

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>()
  const link = async (from: string, to: string): Promise<void> => {
    if ((await real.stat(from)).nlink >= MAX_NAMES) throw Object.assign(new Error('too many links'), { code: 'EMLINK' })
    await real.link(from, to)
  }
  return { ...real, link }
})

let folder: TempFolder
beforeEach(async () => {
  folder = await tempFolder()
})
afterEach(() => folder.remove())

const TEXT = 'ten bytes.'
const CONTENT = { sha256: createHash('sha256').update(TEXT).digest('hex'), size: TEXT.length, executable: true }

async function opened(limitBytes: number, now = Date.now): Promise<ContentStore> {
  const store = new ContentStore(join(folder.path, 'store'), limitBytes, now)
  await store.open()
  await store.put({ ...CONTENT, offset: 0, data: Buffer.from(TEXT) })
  return store
}
const places = (count: number): string[] => Array.from({ length: count }, (_, index) => join(folder.path, `place${index}`))

it('a content with more links than a file may have is kept further times, which count', async () => {
  const store = await opened(30)
  const taken = places(6)

  for (const place of taken) await store.linkTo(CONTENT, place)

  for (const place of taken) {
    expect(await readFile(place, 'utf8')).toBe(TEXT)
    expect((await stat(place)).mode & 0o777).toBe(0o755)
  }
  expect(store.bytes).toBe(30)
  await expect(store.linkTo(CONTENT, join(folder.path, 'one too many'))).rejects.toMatchObject({
    code: 302,
    message: expect.stringContaining('limits.max_sent_files_bytes'),
  })
  expect(await store.linkTo({ ...CONTENT, sha256: 'f'.repeat(64) }, join(folder.path, 'not sent'))).toBe(false)
})

it('and they go like every other content that nothing holds any more', async () => {
  let nowMs = Date.now()
  const store = await opened(100, () => nowMs)
  const taken = places(5)
  for (const place of taken) await store.linkTo(CONTENT, place)
  const again = await opened(100, () => nowMs)
  expect(again.bytes).toBe(30)

  for (const place of taken) await rm(place)
  nowMs += UNUSED_MS + 60_000
  await again.sweep()

  expect(again.bytes).toBe(0)
  expect(await readdir(join(folder.path, 'store', 'contents'))).toEqual([])
})
