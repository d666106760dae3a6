import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SEED, SEED_NOTE } from '../../test/seed'
import { decodeMsgpack, encodeMsgpack } from './msgpack'
import { bytesOf, isNdArray, type NdArray } from './nd-array'
import { type Attachment, decodeResult, encodeResult } from './result-codec'

const arrays: fc.Arbitrary<NdArray> = fc.oneof(
  fc.float32Array({ maxLength: 20 }).map((data) => ({ dtype: 'float32' as const, shape: [data.length], data })),
  fc.int16Array({ maxLength: 20 }).map((data) => ({ dtype: 'int16' as const, shape: [1, data.length], data })),
  fc.bigUint64Array({ maxLength: 5 }).map((data) => ({ dtype: 'uint64' as const, shape: [data.length, 1], data })),
)

const results = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.uint8Array({ maxLength: 40 }),
    arrays,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 6 },
    ),
  ),
})).value

/** The same with every binary part spelled out, so that views and copies compare. */
const spelledOut = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (isNdArray(value)) return { dtype: value.dtype, shape: value.shape, array: [...bytesOf(value.data)] }
  if (Array.isArray(value)) return value.map(spelledOut)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, spelledOut(item)]))
}

/** What the other end has after header and body went over the wire. */
function overTheWire(result: unknown): unknown {
  const { body, ...header } = encodeResult(result)
  const received = decodeMsgpack(encodeMsgpack(header)) as { result: unknown; attachments: Attachment[] }
  return decodeResult(received.result, received.attachments, body ?? new Uint8Array(0))
}

describe(`a result ${SEED_NOTE}`, () => {
  it('comes back with every binary part in its place, however deep', () => {
    fc.assert(
      fc.property(results, (result) => {
        expect(spelledOut(overTheWire(result))).toEqual(spelledOut(result))
      }),
      { seed: SEED, numRuns: 1000 },
    )
  })

  it('has its parts one behind the other, each at a multiple of 8, inside the body', () => {
    fc.assert(
      fc.property(results, (result) => {
        const { attachments, body } = encodeResult(result)
        let end = 0
        for (const { offset, length } of attachments) {
          expect(offset % 8).toBe(0)
          expect(offset - end).toBeGreaterThanOrEqual(0)
          expect(offset - end).toBeLessThan(8)
          end = offset + length
        }
        expect(body?.length ?? 0).toBe(end)
      }),
      { seed: SEED, numRuns: 1000 },
    )
  })

  it('that is one binary part is that part, not a copy', () => {
    const bytes = Uint8Array.of(1, 2, 3)
    expect(encodeResult(bytes)).toEqual({ result: null, attachments: [{ kind: 'bytes', path: [], offset: 0, length: 3 }], body: bytes })
    expect(encodeResult(bytes).body).toBe(bytes)
  })

  it('is seen as JSON sees it where it is no binary part', () => {
    const result = { at: new Date(0), none: undefined, list: [undefined, Number.NaN], url: new URL('http://a.example/') }
    expect(encodeResult(result).result).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      none: null,
      list: [null, Number.NaN],
      url: 'http://a.example/',
    })
  })

  it('whose toJSON gives itself is taken as it is', () => {
    const result = { a: 1, toJSON: undefined as unknown }
    Object.defineProperty(result, 'toJSON', { value: () => result, enumerable: false })
    expect(encodeResult(result).result).toEqual({ a: 1 })
  })

  it.each([
    ['a function', { deep: [() => 1] }, 'a result cannot hold a function (at deep.0)'],
    ['a symbol', Symbol('x'), 'a result cannot hold a symbol'],
    ['a bigint', { n: 1n }, 'a result cannot hold a bigint (at n)'],
    ['a bare typed array', { a: new Float32Array(1) }, 'a Float32Array has no dtype and shape: send an NdArray or a Uint8Array'],
  ])('with %s is refused', (_what, result, message) => {
    expect(() => encodeResult(result)).toThrow(new TypeError(message))
  })

  it('with a cycle is refused', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(() => encodeResult(cycle)).toThrow(new TypeError('a result may nest 64 levels deep at most'))
  })

  it('with an array that is none is refused with 302', () => {
    expect(() => encodeResult({ a: { dtype: 'float32', shape: [3], data: new Float32Array(2) } })).toThrow(
      expect.objectContaining({ code: 302 }),
    )
  })

  it('with a key __proto__ changes nobody', () => {
    const received = overTheWire({ fine: Uint8Array.of(1), ...JSON.parse('{"a": {"__proto__": {"polluted": true}}}') })
    expect((received as { a: { polluted?: boolean } }).a.polluted).toBeUndefined()
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('received attachments', () => {
  const body = Uint8Array.from({ length: 16 }, (_, index) => index)
  const part = (change: object): Attachment[] => [{ path: ['a'], kind: 'bytes', offset: 0, length: 4, ...change } as Attachment]

  it('are views of the body', () => {
    const { a } = decodeResult({ a: null }, part({ offset: 8 }), body) as { a: Uint8Array }
    expect(a.buffer).toBe(body.buffer)
    expect([...a]).toEqual([8, 9, 10, 11])
  })

  it.each([
    ['reaches beyond the body', { offset: 13 }],
    ['begins before it', { offset: -1 }],
    ['has a negative length', { length: -1 }],
    ['has broken numbers', { offset: 0.5 }],
    ['has numbers beyond counting', { offset: Number.MAX_SAFE_INTEGER, length: 2 }],
    ['has no numbers', { offset: undefined }],
    ['has text for numbers', { length: '4' }],
  ])('one that %s is refused', (_what, change) => {
    expect(() => decodeResult({ a: null }, part(change), body)).toThrow(new TypeError('an attachment lies outside the body'))
  })

  it.each([
    ['a key that is not there', ['b']],
    ['a key below text', ['text', 'a']],
    ['a key below nil', ['a', 'b']],
    ['an index that is not there', ['list', 1]],
    ['a list by a key', ['list', 'length']],
    ['a list by a broken index', ['list', 0.5]],
    ['the prototype', ['__proto__']],
    ['something inherited', ['constructor', 'prototype']],
    ['a map by a number', [0]],
  ])('one that points to %s is refused', (_what, path) => {
    const result = { a: null, text: 'abc', list: [null] }
    expect(() => decodeResult(result, part({ path }), body)).toThrow(new TypeError('an attachment points nowhere'))
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it.each([
    ['no path', part({ path: undefined }), 'an attachment has no path'],
    ['a path of text', part({ path: 'a' }), 'an attachment has no path'],
    ['a map in place of the list', { length: 1 } as never, 'attachments must be a list'],
  ])('with %s are refused', (_what, attachments, message) => {
    expect(() => decodeResult({ a: null }, attachments, body)).toThrow(new TypeError(message))
  })

  it('with an array that does not fit its bytes are refused with 302', () => {
    const attachments = part({ kind: 'ndarray', dtype: 'float32', shape: [2] })
    expect(() => decodeResult({ a: null }, attachments, body)).toThrow(expect.objectContaining({ code: 302 }))
  })

  it('never do anything but decode or throw an error, whatever they say', () => {
    const anything = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.string(),
      fc.constant(null),
      fc.constant('a'),
      fc.constant('list'),
      fc.constant(0),
    )
    const attachment = fc.record(
      {
        path: fc.oneof(fc.array(anything, { maxLength: 4 }), anything),
        kind: fc.constantFrom('bytes', 'ndarray', 'x'),
        offset: fc.oneof(fc.integer({ min: -2, max: 20 }), anything),
        length: fc.oneof(fc.integer({ min: -2, max: 20 }), anything),
        dtype: fc.oneof(fc.constantFrom('float32', 'uint8', 'constructor'), anything),
        shape: fc.oneof(fc.array(anything, { maxLength: 3 }), anything),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.array(attachment, { maxLength: 4 }), (attachments) => {
        const result = { a: null, list: [null, { a: null }] }
        try {
          decodeResult(result, attachments as Attachment[], body)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
        expect(Object.keys(Object.prototype)).toEqual([])
      }),
      { seed: SEED, numRuns: 5000 },
    )
  })
})
