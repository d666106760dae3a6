import { createHash } from 'node:crypto'
import { link, readFile, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { type TempFolder, tempFolder } from '@aicluster/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ContentStore, UNUSED_MS } from './content-store'

let folder: TempFolder
let nowMs: number
beforeEach(async () => {
  folder = await tempFolder()
  nowMs = Date.now()
})
afterEach(() => folder.remove())

const opened = async (limitBytes = 1000): Promise<ContentStore> => {
  const store = new ContentStore(folder.path, limitBytes, () => nowMs)
  await store.open()
  return store
}
const contentOf = (text: string, executable = false) => ({
  sha256: createHash('sha256').update(text).digest('hex'),
  size: Buffer.byteLength(text),
  executable,
})
const piece = (text: string, from: number, to = text.length, executable = false) => ({
  ...contentOf(text, executable),
  offset: from,
  data: Buffer.from(text.slice(from, to)),
})

describe('a content', () => {
  it('counts once all of it is there, whatever comes twice, too late or too early', async () => {
    const store = await opened()
    const content = contentOf('abcdefgh')
    expect(await store.offsetOf(content)).toBe(0)
    expect(await store.put(piece('abcdefgh', 3))).toBe(0)
    expect(await store.put(piece('abcdefgh', 0, 3))).toBe(3)
    expect(await store.put(piece('abcdefgh', 0, 3))).toBe(3)
    expect(await store.put(piece('abcdefgh', 5, 6))).toBe(3)
    expect(await store.offsetOf(content)).toBe(3)

    expect(await Promise.all([store.put(piece('abcdefgh', 2, 6)), store.put(piece('abcdefgh', 6))])).toEqual([6, 8])

    expect(await store.offsetOf(content)).toBeUndefined()
    expect(await readFile(store.place(content), 'utf8')).toBe('abcdefgh')
    expect(await store.put(piece('abcdefgh', 0))).toBe(8)
    expect(store.bytes).toBe(8)
  })

  it('may be empty', async () => {
    const store = await opened()
    expect(await store.put(piece('', 0))).toBe(0)
    expect(await store.offsetOf(contentOf(''))).toBeUndefined()
  })

  it('goes on where it was under the next manager', async () => {
    await (await opened()).put(piece('abcdefgh', 0, 5))
    const store = await opened()
    expect(store.bytes).toBe(5)
    expect(await store.put(piece('abcdefgh', 5))).toBe(8)
    expect(await store.offsetOf(contentOf('abcdefgh'))).toBeUndefined()
  })

  it('with another hash, or another length, than was said does not count, and nothing of it stays', async () => {
    const store = await opened()
    const { sha256 } = contentOf('abc')
    const put = (size: number, data: string, offset = 0) => store.put({ sha256, size, executable: false, offset, data: Buffer.from(data) })
    await expect(put(3, 'abd')).rejects.toMatchObject({ code: 302, message: expect.stringContaining('changed while it was sent') })
    await expect(put(3, 'abcd')).rejects.toMatchObject({ code: 302, message: expect.stringContaining('goes beyond') })
    await put(9, 'abcd')
    await expect(put(3, 'c', 2)).rejects.toMatchObject({ code: 302 })
    expect(await store.offsetOf(contentOf('abc'))).toBe(0)
    expect(store.bytes).toBe(0)
  })

  it('that is executable is not sent again for being it', async () => {
    const store = await opened()
    await store.put(piece('abc', 0))
    const executable = contentOf('abc', true)
    expect(await store.offsetOf(executable)).toBeUndefined()
    expect((await stat(store.place(executable))).mode & 0o777).toBe(0o755)
    expect((await stat(store.place(contentOf('abc')))).mode & 0o777).toBe(0o644)
  })

  it('beyond the limit is 302, naming it; what nobody has used for an hour makes room', async () => {
    const store = await opened(10)
    await store.put(piece('unused', 0))
    await expect(store.put(piece('123456', 0))).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('limits.max_sent_files_bytes'),
      details: { bytes: 6, kept: 6, limit: 10 },
    })
    nowMs += UNUSED_MS + 1
    expect(await store.put(piece('123456', 0))).toBe(6)
    expect(store.bytes).toBe(6)
    expect(await store.offsetOf(contentOf('unused'))).toBe(0)
  })
})

describe('clearing contents away', () => {
  it('takes what is unused for an hour, complete or not, and leaves what a tree holds or was asked for', async () => {
    const store = await opened()
    for (const text of ['held', 'asked', 'unused']) await store.put(piece(text, 0))
    await store.put(piece('part of it', 0, 4))
    await link(store.place(contentOf('held')), join(folder.path, 'tree'))
    nowMs += UNUSED_MS + 1
    expect(await store.offsetOf(contentOf('asked'))).toBeUndefined()

    await store.sweep()

    expect(store.bytes).toBe('held'.length + 'asked'.length)
    expect(await store.offsetOf(contentOf('unused'))).toBe(0)
    expect(await store.offsetOf(contentOf('held'))).toBeUndefined()
    // What was cleared away comes from its beginning again.
    expect(await store.put(piece('part of it', 4))).toBe(0)
    expect(await store.put(piece('part of it', 0))).toBe(10)
  })

  it('leaves what an earlier manager has left for as long', async () => {
    await (await opened()).put(piece('early', 0))
    const store = await opened()
    await store.sweep()
    expect(store.bytes).toBe(5)
    const longAgo = new Date(nowMs - UNUSED_MS - 1)
    await utimes(store.place(contentOf('early')), longAgo, longAgo)
    await store.sweep()
    expect(store.bytes).toBe(0)
  })
})
