import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NumberOwners } from './number-owners'

const BLOCK = 1000
let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'owners-'))
  path = join(folder, 'number-owners')
})
afterEach(() => rmSync(folder, { recursive: true }))

let inUse: number[] = []
let nowMs = 0
const open = () => NumberOwners.open(path, { inUse: () => inUse, now: () => nowMs })

describe('who got which numbers', () => {
  it('is known to the next manager, number by number', () => {
    const owners = open()
    owners.given(1000, 'anna')
    owners.given(2000, 'local')
    owners.given(3000, 'ben')

    const later = open()

    expect([999, 1000, 1999, 2000, 3500].map((number) => later.ownerOf(number, BLOCK))).toEqual(['local', 'anna', 'anna', 'local', 'ben'])
  })

  it('costs nothing where there are only programs of this machine', () => {
    open().given(1000, 'local')
    expect(() => readFileSync(path)).toThrow('ENOENT')
  })

  it('does not count where a line was cut off', () => {
    writeFileSync(path, '1000 anna\n2000')
    expect(open().ownerOf(2000, BLOCK)).toBe('local')
  })

  describe('does not grow for ever', () => {
    const MANY = 25_000
    const giveMany = (owners: NumberOwners, from: number) => {
      for (let block = from; block < from + MANY; block++) owners.given(block * BLOCK, 'ben')
    }
    const lines = () => readFileSync(path, 'utf8').trim().split('\n').length
    beforeEach(() => {
      inUse = []
      nowMs = 0
    })

    it('the oldest are forgotten', () => {
      const owners = open()
      giveMany(owners, 1)

      expect(owners.ownerOf(BLOCK, BLOCK)).toBe('local')
      expect(owners.ownerOf(MANY * BLOCK, BLOCK)).toBe('ben')
      expect(lines()).toBeLessThanOrEqual(20_000)
    })

    it('but never what a session has, however many come after it', () => {
      const owners = open()
      owners.given(BLOCK, 'anna')
      inUse = [BLOCK]
      giveMany(owners, 2)

      expect(owners.ownerOf(BLOCK, BLOCK)).toBe('anna')
      expect(open().ownerOf(BLOCK, BLOCK)).toBe('anna')
    })

    it('nor what was given by an earlier manager, until its application has had the time to come back', () => {
      const before = open()
      before.given(BLOCK, 'anna')
      inUse = [BLOCK]
      giveMany(before, 2)
      inUse = []
      const owners = open()
      giveMany(owners, MANY + 2)
      expect(owners.ownerOf(BLOCK, BLOCK)).toBe('anna')

      nowMs = 660_001
      giveMany(owners, 2 * MANY + 2)

      expect(owners.ownerOf(BLOCK, BLOCK)).toBe('local')
      expect(lines()).toBeLessThanOrEqual(60_000)
    })
  })
})
