import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { SftpCalls } from './sftp-calls'
import { pieceSlots, uploadFile } from './upload-file'

const FILE_BYTES = 12_000_000

/** Uploads three files over a link on which each piece that is under way costs the others so much time. */
async function upload(msPerPiece: number): Promise<{ written: number[]; atOnce: number[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'aicluster-upload-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const names = ['a', 'b', 'c']
  for (const name of names) {
    await writeFile(join(folder, name), '')
    await truncate(join(folder, name), FILE_BYTES)
  }
  let nowMs = 0
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  const pieces = pieceSlots()
  const atOnce: number[] = []
  const written = new Map(names.map((name) => [name, 0]))
  let bytesLeft = names.length * FILE_BYTES
  const underWay: (() => void)[] = []
  // The next one comes through once as many are under way as there shall be: the disk here is fast.
  const comeThrough = (): void => {
    if (underWay.length < Math.min(pieces.limit, Math.ceil(bytesLeft / (255 * 1024)))) return
    underWay.shift()?.()
    if (underWay.length > 0) setImmediate(comeThrough)
  }
  const calls = {
    open: async (path: string) => Buffer.from(path),
    write: (handle: Buffer, bytes: Buffer) =>
      new Promise<void>((resolve) => {
        underWay.push(() => {
          nowMs += msPerPiece
          bytesLeft -= bytes.length
          written.set(String(handle), (written.get(String(handle)) ?? 0) + bytes.length)
          resolve()
        })
        atOnce.push(underWay.length)
        setImmediate(comeThrough)
      }),
    fchmod: async () => {},
    close: async () => {},
  } as unknown as SftpCalls
  const { signal } = new AbortController()
  const one = (name: string) => uploadFile(calls, pieces, { from: join(folder, name), to: name, mode: 0o644, onBytes: () => {}, signal })
  await Promise.all(names.map(one))
  return { written: [...written.values()], atOnce }
}

describe('pieces of all files that are uploaded', () => {
  afterEach(() => vi.restoreAllMocks())

  it('become few on a slow link, where all else on the connection waits behind them', async () => {
    // 10 Mbit/s.
    const { written, atOnce } = await upload(200)
    expect(Math.max(...atOnce.slice(40))).toBeLessThanOrEqual(3)
    expect(written).toEqual([FILE_BYTES, FILE_BYTES, FILE_BYTES])
  })

  it('are as many as a fast link takes', async () => {
    const { written, atOnce } = await upload(1)
    expect(Math.max(...atOnce)).toBe(16)
    expect(written).toEqual([FILE_BYTES, FILE_BYTES, FILE_BYTES])
  })
})
