import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SEED, SEED_NOTE } from '../../test/seed'
import { InvalidArgumentError } from '../errors/cluster-errors'
import { bytesOf, bytesPerElement, DTYPES, type DType, isDType, isNdArray, layoutBytes, ndArrayFrom, requireNdArray } from './nd-array'

const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 })
const dtypes = fc.constantFrom(...DTYPES)
const elements = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)

describe(`an array over received bytes ${SEED_NOTE}`, () => {
  it('has the bytes that were sent, whatever its dtype, shape and place in a message', () => {
    fc.assert(
      fc.property(dtypes, shapes, fc.nat(9), fc.infiniteStream(fc.nat(255)), (dtype, shape, offset, values) => {
        const length = elements(shape) * bytesPerElement(dtype)
        const message = Uint8Array.from({ length: offset + length + 3 }, () => values.next().value ?? 0)
        const bytes = message.subarray(offset, offset + length)

        const array = ndArrayFrom({ dtype, shape }, bytes)

        expect([...bytesOf(array.data)]).toEqual([...bytes])
        expect(array.data.length).toBe(elements(shape))
        expect(requireNdArray(array, 'image')).toBe(array)
      }),
      { seed: SEED, numRuns: 1000 },
    )
  })

  it('is a view where alignment allows it, a copy where not', () => {
    const message = new Uint8Array(16)
    expect(ndArrayFrom({ dtype: 'float32', shape: [2] }, message.subarray(4, 12)).data.buffer).toBe(message.buffer)
    expect(ndArrayFrom({ dtype: 'float32', shape: [2] }, message.subarray(3, 11)).data.buffer).not.toBe(message.buffer)
    expect(ndArrayFrom({ dtype: 'float32', shape: [2] }, Buffer.from(message.buffer, 3, 8)).data.buffer).not.toBe(message.buffer)
  })

  it('reads little-endian', () => {
    expect(ndArrayFrom({ dtype: 'int16', shape: [2] }, Uint8Array.of(1, 0, 0xff, 0xff)).data).toEqual(Int16Array.of(1, -1))
    expect(ndArrayFrom({ dtype: 'float64', shape: [] }, Uint8Array.of(0, 0, 0, 0, 0, 0, 0xf8, 0x3f)).data[0]).toBe(1.5)
  })

  it.each([
    ['too few bytes', { dtype: 'float32', shape: [2] }, 7],
    ['too many bytes', { dtype: 'uint8', shape: [2] }, 3],
    ['an unknown dtype', { dtype: 'complex64', shape: [1] }, 8],
    ['a dtype of the prototype', { dtype: 'constructor', shape: [1] }, 8],
    ['a negative length', { dtype: 'uint8', shape: [-1] }, 1],
    ['a broken length', { dtype: 'uint8', shape: [1.5] }, 1],
    ['lengths whose product is no number', { dtype: 'uint8', shape: [2 ** 53 - 1, 2 ** 53 - 1] }, 1],
    ['no shape', { dtype: 'uint8' }, 1],
    ['no layout', {}, 1],
  ])('refuses %s with 302', (_what, layout, length) => {
    expect(() => ndArrayFrom(layout as { dtype: DType; shape: number[] }, new Uint8Array(length))).toThrow(InvalidArgumentError)
  })
})

describe('an array that a caller gives', () => {
  const good = { dtype: 'float32', shape: [2, 2], data: new Float32Array(4) }

  it('is told from bytes and from anything else', () => {
    expect(isNdArray(good)).toBe(true)
    for (const other of [null, undefined, 5, 'x', [], {}, new Float32Array(2), { ...good, data: [1] }, { ...good, dtype: 'f4' }]) {
      expect(isNdArray(other)).toBe(false)
    }
  })

  it.each([
    ['something else', 5, 'image must be an NdArray { dtype, shape, data }'],
    ['the wrong data', { ...good, data: new Float64Array(4) }, 'image has dtype float32 but its data is a Float64Array'],
    ['too little data', { ...good, data: new Float32Array(3) }, 'image of float32 [2, 2] needs 16 bytes of data, it has 12'],
    ['a shape of nonsense', { ...good, shape: [4, -1] }, 'image of float32 [4, -1] needs -1 bytes of data, it has 16'],
  ])('%s is 302 and says what is wrong', (_what, value, message) => {
    expect(() => requireNdArray(value, 'image')).toThrow(
      expect.objectContaining({ code: 302, message: `Specified Param Error: ${message}`, details: { argument: 'image' } }),
    )
  })
})

describe('a layout', () => {
  it.each<[DType, number]>([
    ['bool', 1],
    ['uint8', 1],
    ['int16', 2],
    ['float16', 2],
    ['float32', 4],
    ['int64', 8],
    ['float64', 8],
  ])('%s takes %d bytes an element', (dtype, size) => {
    expect(bytesPerElement(dtype)).toBe(size)
    expect(layoutBytes({ dtype, shape: [3, 5] })).toBe(15 * size)
    expect(layoutBytes({ dtype, shape: [] })).toBe(size)
    expect(layoutBytes({ dtype, shape: [3, 0] })).toBe(0)
  })

  it('knows every numeric dtype of numpy that has a fixed size, by its own spelling alone', () => {
    expect([...DTYPES].sort()).toEqual(
      ['bool', 'float16', 'float32', 'float64', 'int16', 'int32', 'int64', 'int8', 'uint16', 'uint32', 'uint64', 'uint8'].sort(),
    )
    for (const other of ['Float32', '<f4', '', 'toString', '__proto__', 7, null]) expect(isDType(other)).toBe(false)
  })
})
