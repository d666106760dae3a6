import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DrainView, drain } from './drain'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** A container in the middle of its work. */
function draining({ drainMs = 30_000 } = {}) {
  const state = { mayGetRequests: true, busy: true, arrived: false, settled: false }
  const told: string[] = []
  let isCut = false
  const view: DrainView = {
    mayGetRequests: () => state.mayGetRequests,
    onLastRequest: () => told.push('last request'),
    isBusy: () => state.busy,
    allArrived: () => state.arrived,
    allSettled: () => state.settled,
  }
  void drain(view, drainMs, () => isCut).then(() => told.push('drained'))
  const cut = () => {
    isCut = true
  }
  return { state, told, cut }
}

describe('a drain', () => {
  it('waits until nothing can come, then for what is in hand, then for the answers', async () => {
    const { state, told } = draining()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(told).toEqual([])
    state.mayGetRequests = false
    await vi.advanceTimersByTimeAsync(1_000)
    expect(told).toEqual(['last request'])
    state.busy = false
    await vi.advanceTimersByTimeAsync(1_000)
    expect(told).toEqual(['last request'])
    state.arrived = state.settled = true
    await vi.advanceTimersByTimeAsync(5)
    expect(told).toEqual(['last request', 'drained'])
  })

  it('waits half a second for answers that have arrived to be settled', async () => {
    const { state, told } = draining()
    Object.assign(state, { mayGetRequests: false, busy: false, arrived: true })
    await vi.advanceTimersByTimeAsync(500)
    expect(told).toEqual(['last request'])
    await vi.advanceTimersByTimeAsync(10)
    expect(told).toEqual(['last request', 'drained'])
  })

  it('ends at its limit', async () => {
    const { told } = draining({ drainMs: 300 })
    await vi.advanceTimersByTimeAsync(299)
    expect(told).toEqual([])
    await vi.advanceTimersByTimeAsync(6)
    expect(told).toEqual(['last request', 'drained'])
  })

  it('ends when it is cut short', async () => {
    const { told, cut } = draining()
    await vi.advanceTimersByTimeAsync(100)
    cut()
    await vi.advanceTimersByTimeAsync(5)
    expect(told).toEqual(['last request', 'drained'])
  })
})
