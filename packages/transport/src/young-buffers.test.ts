import { type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { eventually } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { largeBodyReceived } from './young-buffers'

/** V8's kind of a collection of the young generation, and its flag for one that was asked for. */
const MINOR = 1
const FORCED = 4

describe('large bodies that came in', () => {
  it('cause one collection of the young generation after 4 MB, and none before', async () => {
    const forced: unknown[] = []
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { kind, flags } = (entry as PerformanceEntry & { detail: { kind: number; flags: number } }).detail
        if (kind === MINOR && flags & FORCED) forced.push(entry)
      }
    })
    observer.observe({ entryTypes: ['gc'] })

    for (let body = 0; body < 27; body++) largeBodyReceived(150 * 1024)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(forced).toEqual([])
    largeBodyReceived(150 * 1024)

    await eventually('a collection', () => forced.length === 1)
    observer.disconnect()
  })
})
