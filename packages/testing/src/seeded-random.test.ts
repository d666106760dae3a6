import { expect, it } from 'vitest'
import { seededRandom } from './seeded-random'

it('gives the same for the same seed and something else for another', () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed)
    return [random.next(), random.integer(0, 1000), random.chance(0.5), random.pick(['a', 'b', 'c']), [...random.bytes(8)]]
  }
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})

it('stays within its bounds, and reaches both of them', () => {
  const random = seededRandom(7)
  const drawn = Array.from({ length: 10_000 }, () => random.integer(-3, 3))
  expect([...new Set(drawn)].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3])
  expect(Array.from({ length: 10_000 }, () => random.next()).every((value) => value >= 0 && value < 1)).toBe(true)
})
