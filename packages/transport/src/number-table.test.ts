import { seededRandom } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { NumberTable } from './number-table'

describe('a table by number', () => {
  it.each([1, 20_261_121])('agrees with a Map over 50,000 random steps, seed %i', (seed) => {
    const random = seededRandom(seed)
    const table = new NumberTable<{ value: number }>()
    const map = new Map<number, { value: number }>()
    for (let step = 0; step < 50_000; step++) {
      // Few enough to meet again, some of them beyond 32 bits; sometimes rising, as request numbers are.
      const key = random.chance(0.5) ? random.integer(0, 300) : 2 ** 40 + random.integer(0, 300) * (random.chance(0.5) ? 1 : 2 ** 20)
      if (random.chance(0.5)) {
        const value = { value: step }
        table.set(key, value)
        map.set(key, value)
      } else expect(table.delete(key)).toBe(map.delete(key))
      if (step % 100 === 0) {
        const keys = [...map.keys()].sort((a, b) => a - b)
        expect(table.keys()).toEqual(keys)
        expect(table.values()).toEqual(keys.map((number) => map.get(number)))
      }
      expect(table.get(key)).toBe(map.get(key))
      expect(table.size).toBe(map.size)
    }
    expect(map.size).toBeGreaterThan(100)
  })

  it('is empty after clear', () => {
    const table = new NumberTable<object>()
    for (let key = 1; key <= 1000; key++) table.set(key, {})
    table.clear()
    expect([table.size, table.has(500), table.keys()]).toEqual([0, false, []])
  })
})
