import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SEED, SEED_NOTE } from '../../test/seed'
import { shortText } from './short-texts'

const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 140 })

describe(`short texts ${SEED_NOTE}`, () => {
  it('are what the bytes say, whatever was read before', () => {
    fc.assert(
      fc.property(ascii, fc.nat(5), (text, before) => {
        const bytes = Buffer.from(' '.repeat(before) + text, 'latin1')
        expect(shortText(bytes, before, text.length)).toBe(text.length > 128 ? undefined : text)
      }),
      { seed: SEED, numRuns: 2000 },
    )
  })

  it('are none where the bytes are not ASCII, or end before', () => {
    expect(shortText(Buffer.from('ä'), 0, 2)).toBeUndefined()
    expect(shortText(Buffer.from('ab'), 1, 2)).toBeUndefined()
  })
})
