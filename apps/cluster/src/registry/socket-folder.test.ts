import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closeSocketFolder, containerSockets, openSocketFolder } from './socket-folder'

describe('a folder for sockets', () => {
  let outside: string
  let folder: string
  beforeEach(() => {
    outside = mkdtempSync(join(tmpdir(), 'aic-sockets-'))
    folder = join(outside, 'run')
  })
  afterEach(() => rmSync(outside, { recursive: true }))

  const modeOf = (path: string) => lstatSync(path).mode & 0o777
  const inodes = () => [folder, containerSockets(folder)].map((path) => lstatSync(path).ino)
  /** As a manager has it. */
  const fill = () => {
    for (const place of [folder, containerSockets(folder)]) writeFileSync(join(place, 'sub'), '')
  }

  it('is private; the one in it for containers can be passed by whoever sees it', async () => {
    await openSocketFolder(folder)
    expect([modeOf(folder), modeOf(containerSockets(folder))]).toEqual([0o700, 0o755])
  })

  it('stays the same for the next manager, without what was in it', async () => {
    await openSocketFolder(folder)
    const before = inodes()
    fill()
    await openSocketFolder(folder)
    expect(inodes()).toEqual(before)
    expect([readdirSync(folder), readdirSync(containerSockets(folder))]).toEqual([['c'], []])
  })

  it('stays where containers stay, and is gone where none do', async () => {
    await openSocketFolder(folder)
    const before = inodes()
    fill()
    await closeSocketFolder(folder, true)
    expect(inodes()).toEqual(before)
    expect(readdirSync(containerSockets(folder))).toEqual([])
    await closeSocketFolder(folder, false)
    expect(existsSync(folder)).toBe(false)
  })

  it('is made anew where somebody may have prepared it: open to others, or a link', async () => {
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    writeFileSync(join(folder, 'theirs'), '')
    await openSocketFolder(folder)
    expect([modeOf(folder), readdirSync(folder)]).toEqual([0o700, ['c']])

    rmSync(folder, { recursive: true })
    symlinkSync(outside, folder)
    await openSocketFolder(folder)
    expect(lstatSync(folder).isDirectory()).toBe(true)
  })
})
