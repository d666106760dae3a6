import { describe, expect, it } from 'vitest'
import { heapGrowth } from './heap-growth'

const MB = 1024 * 1024

const life = (seconds: number, heapAt: (second: number) => number) =>
  Array.from({ length: Math.floor(seconds / 2) + 1 }, (_, i) => ({ atMs: i * 2_000, heapBytes: heapAt(i * 2), messageBytes: i * 1_000 }))

describe('the heap of a manager', () => {
  it('is flat when it only goes up and down', () => {
    expect(heapGrowth([life(60, (second) => 20 * MB + (second % 4) * MB)])).toMatchObject({ lives: 1, flat: true })
  })

  it('is flat when it grows while it starts', () => {
    expect(heapGrowth([life(60, (second) => Math.min(second, 8) * 5 * MB)])).toMatchObject({ worstBytesPerMinute: 0, flat: true })
  })

  it('is not flat when it grows all the time, in one life of several', () => {
    const growth = heapGrowth([life(60, () => MB), life(60, (second) => second * MB)])
    expect(growth).toMatchObject({ lives: 2, flat: false })
    expect((growth.worstBytesPerMinute ?? 0) / MB).toBeCloseTo(60, -1)
  })

  it('says nothing in a short life', () => {
    expect(heapGrowth([life(20, (second) => second * MB)])).toMatchObject({ lives: 0, worstBytesPerMinute: undefined, flat: true })
  })

  it('tells what the last manager held of messages in the end', () => {
    expect(heapGrowth([life(20, () => MB), life(4, () => MB)])).toMatchObject({ messageBytesAtRest: 2_000 })
    expect(heapGrowth([])).toMatchObject({ messageBytesAtRest: undefined })
  })
})
