import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Greeting } from './greeting'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('a hello is said at once, then every second until it is answered', () => {
  const say = vi.fn()
  const greeting = new Greeting(say)
  greeting.begin()
  expect(say).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(2_500)
  expect(say).toHaveBeenCalledTimes(3)
  greeting.end()
  vi.advanceTimersByTime(10_000)
  expect(say).toHaveBeenCalledTimes(3)
})

it('a greeting that begins anew keeps one rhythm', () => {
  const say = vi.fn()
  const greeting = new Greeting(say)
  greeting.begin()
  vi.advanceTimersByTime(600)
  greeting.begin()
  vi.advanceTimersByTime(900)
  expect(say).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(100)
  expect(say).toHaveBeenCalledTimes(3)
})
