import { describe, expect, it } from 'vitest'
import { MessageClock } from './message-clock'

describe('a message clock', () => {
  it('stands still while a message is read, and only then', () => {
    let timeMs = 0
    const { now, begin, end } = new MessageClock(() => ++timeMs)
    expect([now(), now()]).toEqual([1, 2])
    begin()
    expect([now(), now()]).toEqual([3, 3])
    end()
    expect([now(), now()]).toEqual([4, 5])
    begin()
    expect([now(), now()]).toEqual([6, 6])
  })
})
