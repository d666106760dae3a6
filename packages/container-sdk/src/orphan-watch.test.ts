import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OrphanWatch } from './orphan-watch'

const exit = vi.spyOn(process, 'exit')

beforeEach(() => {
  vi.useFakeTimers()
  exit.mockReset().mockImplementation(() => undefined as never)
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.useRealTimers()
  vi.mocked(process.stderr.write).mockRestore()
})

describe('a container without a manager', () => {
  it('ends its process after its time', () => {
    new OrphanWatch(20_000).begin()
    vi.advanceTimersByTime(19_999)
    expect(exit).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(exit).toHaveBeenCalledExactlyOnceWith(0)
  })

  it('stays when one comes in time, and counts anew when that goes', () => {
    const watch = new OrphanWatch(20_000)
    watch.begin()
    vi.advanceTimersByTime(15_000)
    watch.end()
    vi.advanceTimersByTime(100_000)
    watch.begin()
    vi.advanceTimersByTime(15_000)
    expect(exit).not.toHaveBeenCalled()
    vi.advanceTimersByTime(5_000)
    expect(exit).toHaveBeenCalledOnce()
  })

  it('stays for ever when that is what it was told', () => {
    new OrphanWatch(0).begin()
    vi.advanceTimersByTime(1_000_000)
    expect(exit).not.toHaveBeenCalled()
  })
})
