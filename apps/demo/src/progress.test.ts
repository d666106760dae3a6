import { describe, expect, it } from 'vitest'
import { bar, Progress } from './progress'

function shown(isTTY: boolean) {
  const written: string[] = []
  const clock = { now: 0 }
  const progress = new Progress(100, { isTTY, write: (text) => written.push(text) }, () => clock.now)
  return { progress, clock, written }
}

describe('progress on a terminal', () => {
  it('is drawn over itself, not at every step, and wiped away at the end', () => {
    const { progress, clock, written } = shown(true)
    progress.update(1)
    clock.now = 50
    progress.update(50)
    progress.update(51)
    clock.now = 100
    progress.update(100)
    progress.end()
    expect(written).toEqual([`\r${bar(50, 100)}`, `\r${bar(100, 100)}`, '\r\u001b[K'])
  })
})

describe('progress elsewhere', () => {
  it('is a line now and then', () => {
    const { progress, clock, written } = shown(false)
    progress.update(10)
    clock.now = 2_000
    progress.update(60)
    progress.update(61)
    progress.end()
    expect(written).toEqual(['60 of 100 answered\n'])
  })
})

describe('the bar', () => {
  it.each([
    [0, '[------------------------------] 0 of 4'],
    [2, '[###############---------------] 2 of 4'],
    [4, '[##############################] 4 of 4'],
  ])('shows %d of 4', (done, text) => {
    expect(bar(done, 4)).toBe(text)
  })
})
