import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SEED, SEED_NOTE } from '../../test/seed'
import { decodeMsgpack, encodeMsgpack } from './msgpack'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const unhex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Every type byte of a msgpack value, found by walking it; bytes and text are stepped over. */
function typeBytes(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: number[] = []
  let at = 0
  const skipMany = (count: number) => {
    for (let i = 0; i < count; i++) skip()
  }
  const skip = (): void => {
    const type = view.getUint8(at++)
    found.push(type)
    if (type <= 0x7f || type >= 0xe0 || (type >= 0xc0 && type <= 0xc3)) return
    if (type <= 0x8f) return skipMany((type & 0xf) * 2)
    if (type <= 0x9f) return skipMany(type & 0xf)
    if (type <= 0xbf) at += type & 0x1f
    else if (type === 0xc4 || type === 0xd9) at += 1 + view.getUint8(at)
    else if (type === 0xc5 || type === 0xda) at += 2 + view.getUint16(at)
    else if (type === 0xc6 || type === 0xdb) at += 4 + view.getUint32(at)
    else if (type >= 0xca && type <= 0xd3) at += [4, 8, 1, 2, 4, 8, 1, 2, 4, 8][type - 0xca] as number
    else if (type === 0xdc || type === 0xde) {
      at += 2
      skipMany(view.getUint16(at - 2) * (type === 0xde ? 2 : 1))
    } else if (type === 0xdd || type === 0xdf) {
      at += 4
      skipMany(view.getUint32(at - 4) * (type === 0xdf ? 2 : 1))
    }
    // What is left are extension types: found, and the caller fails.
  }
  skip()
  return found
}

const isExtension = (type: number): boolean => (type >= 0xc7 && type <= 0xc9) || (type >= 0xd4 && type <= 0xd8)

const text = fc.string({ unit: 'grapheme' })
const plainValues = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
    text,
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 20 },
    ),
  ),
})).value

/** Buffers and null-prototype maps, as plain as their content. */
const comparable = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { bytes: hex(value) }
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, comparable(item)]))
  }
  return value
}

describe(`msgpack ${SEED_NOTE}`, () => {
  it('brings back what was sent, without any extension type', () => {
    fc.assert(
      fc.property(plainValues, (value) => {
        const bytes = encodeMsgpack(value)
        expect(typeBytes(bytes).filter(isExtension)).toEqual([])
        expect(comparable(decodeMsgpack(bytes))).toEqual(comparable(value))
      }),
      { seed: SEED, numRuns: 1000 },
    )
  })

  it('throws on what is not one complete value, and goes on to work', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeMsgpack(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
        expect(decodeMsgpack(unhex('40'))).toBe(64)
        expect(decodeMsgpack(unhex('81 a1 61 93 01 02 03'))).toEqual({ a: [1, 2, 3] })
      }),
      { seed: SEED, numRuns: 5000 },
    )
  })

  it.each([
    ['nothing', ''],
    ['half a text', 'a5 61'],
    ['a list without its end', '92 01'],
    ['two values', '01 02'],
    ['a list said to have four billion entries', 'dd ff ff ff ff 01'],
    ['a map said to have four billion entries', 'df ff ff ff ff a1 61 01'],
    ['bytes said to be four billion', 'c6 ff ff ff ff 00'],
  ])('throws on %s', (_what, bytes) => {
    expect(() => decodeMsgpack(unhex(bytes))).toThrow(Error)
  })

  it.each([
    ['lists', '91', 101],
    ['maps', '81 a1 61', 101],
    ['lists without end', '91', 500_000],
  ])('throws on %s in one another deeper than 100 levels, and takes 100', (_what, level, levels) => {
    const nested = (count: number) => Buffer.concat([...Array.from({ length: count }, () => unhex(level)), unhex('01')])
    expect(() => decodeMsgpack(nested(levels))).toThrow(new Error('it nests deeper than 100 levels'))
    expect(hex(encodeMsgpack(decodeMsgpack(nested(100))))).toBe(hex(nested(100)))
  })

  it.each([
    ['a list that holds itself', 'd6 69 00 00 00 01 91 d6 70 00 00 00 01'],
    ['a map that holds itself', 'd6 69 00 00 00 01 81 a1 61 d6 70 00 00 00 01'],
    ['a time stamp', 'd6 ff 00 00 00 00'],
    ['a set', 'd4 73 00 91 01'],
    ['a record of msgpackr', 'd4 72 40 92 a1 61 a1 62 01 02'],
    ['a large integer of msgpackr', 'c7 09 62 00 ff ff ff ff ff ff ff ff'],
    ['an extension of 16 bits', 'c8 00 01 70 00'],
    ['an extension of 32 bits', 'c9 00 00 00 01 70 00'],
    ['an extension that nobody knows', 'd5 33 00 00'],
  ])('throws on %s, wherever it stands: there are no extension types', (_what, bytes) => {
    for (const around of ['', '91', '81 a1 61']) expect(() => decodeMsgpack(unhex(around + bytes))).toThrow('extension types')
  })

  it('does not let one message teach another what its bytes mean', () => {
    // msgpackr's own record extension: byte 0x40 would be a record in what follows.
    expect(() => decodeMsgpack(unhex('d4 72 40 92 a1 61 a1 62 01 02'))).toThrow(Error)
    expect(decodeMsgpack(unhex('91 40'))).toEqual([64])
  })
})

describe('integers', () => {
  it.each([
    [0, '00'],
    [127, '7f'],
    [128, 'cc80'],
    [65_536, 'ce00010000'],
    [2 ** 32 - 1, 'ceffffffff'],
    [-1, 'ff'],
    [-32, 'e0'],
    [-33, 'd0df'],
  ])('%d is the integer %s', (value, expected) => {
    expect(hex(encodeMsgpack(value))).toBe(expected)
  })

  it.each([2 ** 32, 2 ** 48 - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])('%d comes back exactly', (value) => {
    expect(decodeMsgpack(encodeMsgpack(value))).toBe(value)
  })

  it.each([
    ['uint64', 'cf 0000 8000 0000 0000', 2 ** 47],
    ['int64', 'd3 ffff 8000 0000 0000', -(2 ** 47)],
    ['float64', 'cb 42e0 0000 0000 0000', 2 ** 47],
  ])('another language may send them as %s', (_type, bytes, expected) => {
    expect(decodeMsgpack(unhex(bytes))).toBe(expected)
  })

  it('a bigint within ±2^53 travels as an integer, a larger one is refused', () => {
    expect(decodeMsgpack(encodeMsgpack(2n ** 53n - 1n))).toBe(Number.MAX_SAFE_INTEGER)
    expect(() => encodeMsgpack({ number: 2n ** 53n })).toThrow(new TypeError('number is a bigint beyond ±2^53'))
  })
})

describe('what is not plain', () => {
  it('undefined travels as nil', () => {
    expect(decodeMsgpack(encodeMsgpack({ a: undefined, b: [undefined] }))).toEqual({ a: null, b: [null] })
  })

  it('bytes travel as bin, those of a slice without their neighbours', () => {
    const slice = Uint8Array.of(9, 1, 2, 9).subarray(1, 3)
    expect(hex(encodeMsgpack(slice))).toBe('c4020102')
    expect(hex(encodeMsgpack(Buffer.from([1, 2])))).toBe('c4020102')
  })

  it.each([
    ['Float32Array', new Float32Array(2)],
    ['Uint16Array', new Uint16Array(2)],
    ['Uint8ClampedArray', new Uint8ClampedArray(2)],
    ['DataView', new DataView(new ArrayBuffer(2))],
    ['ArrayBuffer', new ArrayBuffer(2)],
    ['Map', new Map([[1, 2]])],
    ['Set', new Set([1])],
    ['Error', new Error('x')],
    ['RegExp', /x/],
  ])('a %s is refused by name and place, never sent wrong', (type, value) => {
    expect(() => encodeMsgpack({ deep: [{ value }] })).toThrow(
      new TypeError(`deep.0.value is a ${type}, which has no place in msgpack: send a Uint8Array, an array or an object`),
    )
  })

  it.each([
    ['function', () => 1],
    ['symbol', Symbol('x')],
  ])('a %s is refused by place', (type, value) => {
    expect(() => encodeMsgpack({ a: value })).toThrow(new TypeError(`a is a ${type}`))
  })

  it('a Date and whatever else has toJSON travel as JSON would have them', () => {
    const value = { at: new Date(0), url: new URL('http://a.example/b') }
    expect(decodeMsgpack(encodeMsgpack(value))).toEqual(JSON.parse(JSON.stringify(value)))
  })

  it('an instance of a class travels as its fields', () => {
    class Point {
      constructor(
        readonly x: number,
        readonly y: number,
      ) {}
    }
    expect(decodeMsgpack(encodeMsgpack([new Point(1, 2)]))).toEqual([{ x: 1, y: 2 }])
  })

  it('half a surrogate pair becomes the replacement character: a strict reader would refuse the whole message', () => {
    expect(hex(encodeMsgpack('\ud83d'))).toBe('a3efbfbd')
    expect(decodeMsgpack(encodeMsgpack({ 'cut \ud83d': '\ude00 cut' }))).toEqual({ 'cut \ufffd': '\ufffd cut' })
  })

  it('a cycle is refused', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = [cycle]
    expect(() => encodeMsgpack(cycle)).toThrow(new TypeError('it nests deeper than 100 levels (a cycle?)'))
  })

  it('a received key __proto__ changes nobody', () => {
    const received = decodeMsgpack(encodeMsgpack(JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'))) as object
    expect((received as { polluted?: boolean }).polluted).toBeUndefined()
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(Object.getPrototypeOf(received)).toBe(Object.prototype)
  })
})
