import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchSilence } from './watch-silence'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function world() {
  const socket = { bytesRead: 0 }
  const silent = vi.fn()
  let stoodStillMs = 0
  const stop = watchSilence(socket as Socket, 3250, silent, () => Date.now() + stoodStillMs)
  return { socket, silent, stop, standStill: (ms: number) => (stoodStillMs += ms) }
}

describe('silence', () => {
  it('is told once, when nothing came for so long', () => {
    const { silent } = world()
    vi.advanceTimersByTime(3000)
    expect(silent).not.toHaveBeenCalled()
    vi.advanceTimersByTime(60_000)
    expect(silent).toHaveBeenCalledTimes(1)
  })

  it('is broken by any byte', () => {
    const { socket, silent } = world()
    for (let seconds = 0; seconds < 20; seconds += 3) {
      vi.advanceTimersByTime(3000)
      socket.bytesRead++
    }
    expect(silent).not.toHaveBeenCalled()
  })

  it('is not that of our own loop: of a time in which it stood still half a second counts', () => {
    const { silent, standStill } = world()
    vi.advanceTimersByTime(1000)
    standStill(30_000)
    vi.advanceTimersByTime(1750)
    expect(silent).not.toHaveBeenCalled()
    vi.advanceTimersByTime(500)
    expect(silent).toHaveBeenCalled()
  })

  it('is not that of a loop that stands still again and again, each time for less than a second', () => {
    const { silent, standStill } = world()
    for (let look = 0; look < 6; look++) {
      standStill(700)
      vi.advanceTimersByTime(250)
    }
    expect(silent).not.toHaveBeenCalled()
    standStill(700)
    vi.advanceTimersByTime(300)
    expect(silent).toHaveBeenCalled()
  })

  it('is broken by what came while the loop stood still, which is read after the timers', () => {
    const { socket, silent, standStill } = world()
    vi.advanceTimersByTime(3000)
    standStill(30_000)
    // As node's loop does it: the socket is read between the timer and what the timer has put off.
    setTimeout(() => socket.bytesRead++, 250)
    vi.advanceTimersByTime(2000)
    expect(silent).not.toHaveBeenCalled()
  })

  it('is not told once the watch is over', () => {
    const { silent, stop } = world()
    stop()
    vi.advanceTimersByTime(60_000)
    expect(silent).not.toHaveBeenCalled()
  })
})
