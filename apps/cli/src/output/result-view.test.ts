import { describe, expect, it } from 'vitest'
import { jsonResult, resultText } from './result-view'

const array = { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) }

describe('a result in a line', () => {
  it.each([
    ['a number', 3, '3'],
    ['nothing', null, 'null'],
    ['an object', { digit: 7, scores: [0.1, 0.9] }, '{"digit":7,"scores":[0.1,0.9]}'],
    ['an array', array, 'float32 [1, 2], 8 B'],
    ['an array in an object', { mask: array }, '{"mask":"<float32 [1, 2], 8 B>"}'],
    ['bytes in a list', [Buffer.from('abc')], '["<3 B>"]'],
    ['bytes that are text', Buffer.from('grüße\n'), '8 B "grüße\\n"'],
    ['bytes that are none', Buffer.from([0xff, 0x00]), '2 B ff00'],
    ['text with control characters', Buffer.from('a\u001b[2J'), '5 B 611b5b324a'],
  ])('%s', (_, value, text) => {
    expect(resultText(value)).toBe(text)
  })

  it('is short, however long the bytes are', () => {
    expect(resultText(Buffer.alloc(1_000_000, 'x')).length).toBeLessThan(250)
    expect(resultText(Buffer.alloc(1_000_000, 0xff)).length).toBeLessThan(250)
  })

  it('does not take text for something else because a character is cut', () => {
    expect(resultText(Buffer.from(`${'x'.repeat(799)}ü`))).toContain('"xxx')
  })
})

it('a result in JSON is complete: bytes and arrays in base64', () => {
  expect(jsonResult({ image: array, file: Buffer.from('abc'), list: [1, null] })).toEqual({
    image: { type: 'ndarray', dtype: 'float32', shape: [1, 2], base64: 'AACAPwAAAEA=' },
    file: { type: 'bytes', base64: 'YWJj' },
    list: [1, null],
  })
})

it('an array that views a part of a buffer is that part', () => {
  const data = new Uint8Array([9, 1, 2, 9]).subarray(1, 3)
  expect(jsonResult({ dtype: 'uint8', shape: [2], data })).toMatchObject({ base64: 'AQI=' })
})
