import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from './local-limits'
import { RestartBackoff } from './restart-backoff'

const exitsAtOnce = (backoff: RestartBackoff, times: number): number[] => Array.from({ length: times }, () => backoff.exited(5))

describe('a program that exits again and again', () => {
  it('is started after 100 ms, then after twice as long each time, at most a minute', () => {
    expect(exitsAtOnce(new RestartBackoff(DEFAULT_LIMITS), 12)).toEqual([
      100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000,
    ])
  })

  it('is a crash loop after 8 exits in a row', () => {
    const backoff = new RestartBackoff(DEFAULT_LIMITS)
    exitsAtOnce(backoff, 7)
    expect(backoff.crashLoop).toBe(false)
    backoff.exited(5)
    expect(backoff.crashLoop).toBe(true)
  })

  it('is a crash loop once the delay is the longest, however few exits that took', () => {
    const backoff = new RestartBackoff({ ...DEFAULT_LIMITS, restartMaxMs: 200 })
    backoff.exited(5)
    expect(backoff.crashLoop).toBe(false)
    backoff.exited(5)
    expect(backoff.crashLoop).toBe(true)
  })

  it('starts over after it ran 10 s', () => {
    const backoff = new RestartBackoff(DEFAULT_LIMITS)
    exitsAtOnce(backoff, 9)
    expect(backoff.exited(9_999)).toBe(51_200)
    expect(backoff.exited(10_000)).toBe(100)
    expect(backoff.crashLoop).toBe(false)
  })

  it('starts over when somebody starts it on purpose', () => {
    const backoff = new RestartBackoff(DEFAULT_LIMITS)
    exitsAtOnce(backoff, 9)
    backoff.reset()
    expect(backoff.crashLoop).toBe(false)
    expect(backoff.exited(5)).toBe(100)
  })

  it('keeps its longest delay after a thousand exits', () => {
    const backoff = new RestartBackoff(DEFAULT_LIMITS)
    exitsAtOnce(backoff, 2_000)
    expect(backoff.exited(5)).toBe(60_000)
  })
})
