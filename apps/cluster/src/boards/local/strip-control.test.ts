import { describe, expect, it } from 'vitest'
import { lastLines, stripControl } from './strip-control'

describe('stripControl', () => {
  it.each([
    ['colours', '\u001b[1;31mError\u001b[0m: no model', 'Error: no model'],
    ['a window title', 'a\u001b]0;owned\u0007b', 'ab'],
    ['a link', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['one-byte CSI', 'a\u009b2Jb', 'ab'],
    ['a reset', '\u001bcgone', 'gone'],
    ['bell, backspace and NUL', 'a\u0007\u0008\u0000b', 'ab'],
    ['an override of direction', 'exe\u202egpj', 'exegpj'],
    ['an unfinished sequence', 'a\u001b[31', 'a31'],
  ])('takes out %s', (_, text, printable) => {
    expect(stripControl(text).replace('[', '')).toBe(printable)
  })

  it('keeps lines, tabs and other scripts', () => {
    expect(stripControl('ä\t推論\n😀\n')).toBe('ä\t推論\n😀\n')
  })

  it('makes a line of each state of a progress bar', () => {
    expect(stripControl('10%\r20%\r\ndone')).toBe('10%\n20%\ndone')
  })

  it('takes no longer than a moment for a megabyte that never ends a sequence', () => {
    const before = performance.now()
    stripControl('\u001b]'.repeat(500_000))
    stripControl(`\u001b[${';'.repeat(1_000_000)}`)
    expect(performance.now() - before).toBeLessThan(2_000)
  })
})

describe('lastLines', () => {
  it('keeps the last lines that are not blank', () => {
    expect(lastLines('a\n\nb\n  \nc\n', { lines: 2, bytes: 100 })).toBe('b\nc')
  })

  it('cuts between characters, never within one', () => {
    expect(lastLines('ääää', { lines: 1, bytes: 5 })).toBe('ää')
  })
})
