import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Progress } from './progress'

describe('progress', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function start(isTTY: boolean, work: Promise<unknown>) {
    const said: string[] = []
    const stream = { isTTY, write: (text: string) => said.push(text) }
    const progress = new Progress(stream)
    return { said, progress, done: progress.during('loading', work).catch((error: Error) => error.message) }
  }

  /** Something that takes so long. */
  const after = (ms: number, fail = false) =>
    new Promise((resolve, reject) => setTimeout(() => (fail ? reject(new Error('no')) : resolve('yes')), ms))

  it.each([true, false])('says nothing of what takes less than a second (terminal: %s)', async (isTTY) => {
    const { said, done } = start(isTTY, after(999))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await done).toBe('yes')
    expect(said).toEqual([])
  })

  it('is one line where there is no terminal', async () => {
    const { said, done } = start(false, after(60_000))
    await vi.advanceTimersByTimeAsync(60_000)
    await done
    expect(said).toEqual(['loading ...\n'])
  })

  it('is a spinner on a terminal, and leaves the line empty, also after a failure', async () => {
    const { said, done } = start(true, after(3_050, true))
    await vi.advanceTimersByTimeAsync(3_050)
    expect(await done).toBe('no')
    expect(said[0]).toBe('\r\u001b[J- loading (1 s)')
    expect(said.at(-2)).toContain('(3 s)')
    expect(said.at(-1)).toBe('\r\u001b[J')
    const count = said.length
    await vi.advanceTimersByTimeAsync(5_000)
    expect(said.length).toBe(count)
  })

  /** How far it is, as a command would tell. */
  const detail = { lines: () => ['  half'], news: () => news.splice(0) }
  let news: string[] = []

  it.each([
    [
      'below the spinner on a terminal',
      true,
      ['\r\u001b[J- loading (1 s)\n  half', '\r\u001b[1A\u001b[J\\ loading (1 s)\n  half', '\r\u001b[1A\u001b[J'],
    ],
    ['in plain lines elsewhere, once', false, ['loading ...\n', 'half\n']],
  ])('says how far it is %s', async (_, isTTY, expected) => {
    news = ['half']
    const said: string[] = []
    const done = new Progress({ isTTY, write: (text) => said.push(text) }).during('loading', after(1_200), detail)
    await vi.advanceTimersByTimeAsync(1_200)
    await done
    expect(said).toEqual(expected)
  })

  it('says nothing when it is to be quiet', async () => {
    const said: string[] = []
    const done = new Progress({ isTTY: true, write: (text) => said.push(text) }, true).during('loading', after(5_000), detail)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await done).toBe('yes')
    expect(said).toEqual([])
  })

  it('makes room for a line of output', async () => {
    const { said, progress, done } = start(true, after(1_400))
    await vi.advanceTimersByTimeAsync(1_050)
    progress.hide()
    expect(said.at(-1)).toBe('\r\u001b[J')
    progress.hide()
    expect(said).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(350)
    await done
    expect(said.length).toBeGreaterThan(3)
  })
})
