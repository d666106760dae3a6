import { expect, test } from 'vitest'
import { MAX_U48 } from '../limits'
import { decodeNumbers, encodeNumbers } from './number-list'

test('brings back every number, in order', () => {
  const numbers = [0, 1, 255, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 7, MAX_U48]

  expect(decodeNumbers(encodeNumbers(numbers))).toEqual(numbers)
})

test('writes six bytes a number, the highest first', () => {
  expect([...encodeNumbers([0x0102_0304_0506])]).toEqual([1, 2, 3, 4, 5, 6])
})

test('refuses bytes that are no list of numbers', () => {
  expect(decodeNumbers(new Uint8Array(7))).toBeUndefined()
})
