import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { SEED, SEED_NOTE } from '../../test/seed'
import { NOT_SMALL, readSmall } from './small-reader'
import { writeSmall } from './small-writer'

const packr = new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true, int64AsType: 'number' })

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, undefined, true, false, -0, Number.NaN, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffffffff, 2 ** 32),
    fc.integer(),
    fc.double(),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.uint8Array({ maxLength: 10 }),
    fc.array(tie('value'), { maxLength: 17 }),
    fc.dictionary(fc.string({ unit: 'grapheme-ascii', maxLength: 33 }), tie('value'), { maxKeys: 17 }),
  ),
})).value

/** As the header of a result is: the writer and reader must take it. */
const HEADER = {
  result: null,
  received_at: 1.5,
  sent_at: 1.7e12,
  attachments: [{ kind: 'bytes', path: [], offset: 0, length: 100 }],
}

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

describe(`small values ${SEED_NOTE}`, () => {
  it('are written as the packer writes them', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = writeSmall(value)
        if (bytes) expect(hex(bytes)).toBe(hex(packr.pack(value)))
      }),
      { seed: SEED, numRuns: 2000 },
    )
    expect(hex(writeSmall(HEADER) as Uint8Array)).toBe(hex(packr.pack(HEADER)))
  })

  it('are read as the unpacker reads them', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = packr.pack(value)
        const read = readSmall(bytes)
        if (read !== NOT_SMALL) expect(read).toEqual(packr.unpack(bytes))
      }),
      { seed: SEED, numRuns: 2000 },
    )
    expect(readSmall(packr.pack(HEADER))).toEqual(HEADER)
  })

  it('are read as the unpacker reads them, or not at all, where the bytes are broken', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(values, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
        const packed = Uint8Array.from(packr.pack(value))
        packed[at % packed.length] = byte
        return packed.subarray(0, packed.length - (at % 3))
      }),
    )
    fc.assert(
      fc.property(bytes, (source) => {
        const read = readSmall(source)
        if (read !== NOT_SMALL) expect(read).toEqual(packr.unpack(source))
      }),
      { seed: SEED, numRuns: 5000 },
    )
  })

  it.each<[string, unknown]>([
    ['bytes', new Uint8Array(3)],
    ['a date', new Date(0)],
    ['an instance of a class', new (class Point {})()],
    ['a list with a function', [() => {}]],
    ['text that is not ASCII', { text: 'ä' }],
    ['a key that is not ASCII', { ä: 1 }],
    ['half a surrogate pair', '\ud800'],
    ['a bigint', 1n],
    ['deep nesting', nested(9)],
    ['more than 512 bytes', Array.from({ length: 15 }, () => Array.from({ length: 15 }, () => 0.5))],
  ])('leave the packer %s', (_what, value) => {
    expect(writeSmall(value)).toBeUndefined()
  })

  it('leave the unpacker a key that means something else to JavaScript', () => {
    expect(readSmall(packr.pack(JSON.parse('{"__proto__":1}')))).toBe(NOT_SMALL)
  })

  it('keep their bytes, whatever is written after them, or by a getter in the midst of it', () => {
    const written: { bytes: Uint8Array; text: string }[] = []
    const write = (value: unknown): void => {
      const bytes = writeSmall(value) as Uint8Array
      written.push({ bytes, text: hex(packr.pack(JSON.parse(JSON.stringify(value)))) })
    }
    let inner = 0
    const outer = {
      before: 'x'.repeat(20),
      get inner() {
        if (inner++ % 2 === 0) for (let i = 0; i < 10; i++) write({ i, text: 'y'.repeat(i) })
        return 7
      },
      after: 'z'.repeat(20),
    }
    for (let i = 0; i < 200; i++) {
      write({ i, text: 'before' })
      write(outer)
      write(Array.from({ length: i % 16 }, () => i))
    }
    for (const { bytes, text } of written) expect(hex(bytes)).toBe(text)
  })
})
