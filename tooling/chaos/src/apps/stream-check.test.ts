import { describe, expect, it } from 'vitest'
import { bytesOfPart, type ChaosPart } from '../programs/parts'
import { StreamCheck } from './stream-check'

const part = (n: number, more: Partial<ChaosPart> = {}): ChaosPart => ({ id: 'a.1.1', n, run: 'first', bytes: bytesOfPart(n), ...more })

/** What is wrong with each of these. */
const wrongs = (...parts: ChaosPart[]): (string | undefined)[] => {
  const check = new StreamCheck('a.1.1')
  return parts.map((each) => check.wrongPart(each))
}

describe('the parts of an answer', () => {
  it('are right in order, each once', () => {
    expect(wrongs(part(0), part(1), part(2))).toEqual([undefined, undefined, undefined])
  })

  it.each<[string, ChaosPart[], string]>([
    ['one is missing', [part(0), part(2)], 'part 2 in the place of part 1'],
    ['one comes twice', [part(0), part(0)], 'part 0 in the place of part 1'],
    ['one is of another request', [part(0), part(1, { id: 'b.1.1' })], 'a part of b.1.1'],
    ['one is of a second execution', [part(0), part(1, { run: 'second' })], 'part 1 is of another execution than the ones before'],
    ['one has other bytes', [part(0), part(1, { bytes: bytesOfPart(2) })], 'part 1 has other bytes'],
  ])('are wrong when %s', (_what, parts, why) => {
    expect(wrongs(...parts).at(-1)).toBe(why)
  })
})
