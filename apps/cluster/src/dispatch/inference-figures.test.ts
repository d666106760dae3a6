import { describe, expect, it } from 'vitest'
import { DURATION_BOUNDS_MS, FIGURES_WIDTH, FigureColumn, inferenceFigures, observe } from './inference-figures'

describe('a duration', () => {
  it.each([
    [0, 0],
    [0.5, 0],
    [0.500001, 1],
    [60_000, DURATION_BOUNDS_MS.length - 2],
    [60_001, DURATION_BOUNDS_MS.length - 1],
    [1e12, DURATION_BOUNDS_MS.length - 1],
  ])('of %d ms is counted in bucket %i, once, and added to the sum', (durationMs, bucket) => {
    const figures = inferenceFigures()

    observe(figures, FigureColumn.queueMs, durationMs)

    const seen = [...figures.entries()].filter(([, value]) => value !== 0)
    const sumAt = FigureColumn.queueMs + DURATION_BOUNDS_MS.length
    expect(seen).toEqual([[FigureColumn.queueMs + bucket, 1], ...(durationMs > 0 ? [[sumAt, durationMs]] : [])])
  })
})

it('no two figures share a column', () => {
  const { requestMs, queueMs, containerMs, firstGauge, readiness } = FigureColumn
  const width = DURATION_BOUNDS_MS.length + 1
  expect([queueMs - requestMs, containerMs - queueMs, firstGauge - containerMs]).toEqual([width, width, width])
  expect(readiness).toBe(FIGURES_WIDTH - 1)
})
