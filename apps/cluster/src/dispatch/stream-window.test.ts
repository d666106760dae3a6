import { STREAM_WINDOW_BYTES, STREAM_WINDOW_PARTS } from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import { StreamWindow } from './stream-window'

/** One through which so many parts of so many bytes have gone. */
function passed(parts: number, bytes = 1): StreamWindow {
  const window = new StreamWindow()
  for (let n = 0; n < parts; n++) window.pass(bytes)
  return window
}

describe('the window of a stream', () => {
  it('admits the next part only: none that came before, none behind a gap', () => {
    const window = passed(3)

    expect([0, 2, 3, 4].filter((part) => window.admits(part))).toEqual([3])
  })

  it('closes at 16 parts that are not taken, and opens as they are', () => {
    const window = passed(STREAM_WINDOW_PARTS)
    expect(window.isOpen).toBe(false)

    window.take(1)

    expect(window.admits(STREAM_WINDOW_PARTS)).toBe(true)
  })

  it('closes once 1 MB is not taken, whatever the last part has', () => {
    const window = passed(1, STREAM_WINDOW_BYTES - 1)
    expect(window.isOpen).toBe(true)
    window.pass(5_000_000)
    expect(window.isOpen).toBe(false)

    window.take(2)

    expect(window).toMatchObject({ isOpen: true, bytes: 0 })
  })

  it('takes a word that is older, or says more than was passed on, for what it is', () => {
    const window = passed(5, 10)
    window.take(4)

    window.take(2)
    window.take(1_000_000)

    expect(window).toMatchObject({ taken: 5, next: 5, bytes: 0 })
  })

  it('goes back to what is missing, and no further than to what was taken', () => {
    const window = passed(8, 10)
    window.take(3)

    window.rewind(5)
    expect(window).toMatchObject({ next: 5, bytes: 20 })
    window.rewind(0)

    expect(window).toMatchObject({ next: 3, taken: 3, bytes: 0 })
  })

  it('goes on where the reader is when that has got meanwhile what it had asked for again', () => {
    const window = passed(8, 10)
    window.rewind(2)

    window.take(6)

    expect(window).toMatchObject({ next: 6, taken: 6, bytes: 0 })
    expect(window.admits(6)).toBe(true)
  })

  it('is closed while its reader is not there, until that asks again', () => {
    const window = passed(2)
    window.skipped = true
    expect(window.isOpen).toBe(false)

    window.rewind(2)

    expect(window.admits(2)).toBe(true)
  })
})
