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

describe('who got which numbers', () => {
  it('is known to the next manager, number by number', () => {
    const owners = NumberOwners.open(path)
    owners.given(1000, 'anna')
    owners.given(2000, 'local')
    owners.given(3000, 'ben')

    const later = NumberOwners.open(path)

    expect([999, 1000, 1999, 2000, 3500].map((number) => later.ownerOf(number, BLOCK))).toEqual(['local', 'anna', 'anna', 'local', 'ben'])
  })

  it('costs nothing where there are only programs of this machine', () => {
    NumberOwners.open(path).given(1000, 'local')
    expect(() => readFileSync(path)).toThrow('ENOENT')
  })

  it('does not count where a line was cut off', () => {
    writeFileSync(path, '1000 anna\n2000')
    expect(NumberOwners.open(path).ownerOf(2000, BLOCK)).toBe('local')
  })

  it('does not grow for ever: the oldest are forgotten', () => {
    writeFileSync(path, Array.from({ length: 10_500 }, (_, index) => `${(index + 1) * BLOCK} anna\n`).join(''))
    const owners = NumberOwners.open(path)
    expect(owners.ownerOf(BLOCK, BLOCK)).toBe('local')
    expect(owners.ownerOf(10_500 * BLOCK, BLOCK)).toBe('anna')
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(10_000)
  })
})
