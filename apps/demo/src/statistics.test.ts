import { describe, expect, it } from 'vitest'
import { mean, percentile } from './statistics'

describe('percentile', () => {
  const oneToHundred = Array.from({ length: 100 }, (_, index) => 100 - index)

  it.each([
    [0.5, 50],
    [0.99, 99],
    [1, 100],
    [0, 1],
  ])('finds the value that a share of %d does not exceed', (share, expected) => {
    expect(percentile(oneToHundred, share)).toBe(expected)
  })

  it('sorts by number, and leaves the values as they were', () => {
    const values = [10, 9, 100]
    expect(percentile(values, 0.5)).toBe(10)
    expect(values).toEqual([10, 9, 100])
  })

  it('of nothing is no number', () => {
    expect(percentile([], 0.5)).toBeNaN()
  })
})

describe('mean', () => {
  it('is the average, and no number of nothing', () => {
    expect(mean([1, 2, 6])).toBe(3)
    expect(mean([])).toBeNaN()
  })
})
