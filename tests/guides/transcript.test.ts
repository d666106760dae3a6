import { describe, expect, it } from 'vitest'
import { isShownAs } from './transcript'

describe('isShownAs', () => {
  it.each<[string, string[], string]>([
    ['the same lines', ['a', 'b'], 'a\nb\n'],
    ['nothing', [], ''],
    ['empty lines at the end', ['a'], 'a\n\n\n'],
    ['something within a line', ['took … ms', 'done (…)'], 'took 1.5 ms\ndone (x) (y)\n'],
    ['any number of lines', ['a', '…', 'z'], 'a\nb\nc\nz\n'],
    ['no line at all', ['a', '…'], 'a\n'],
    ['columns of another width', ['NAME  CPU', 'shout  1%'], 'NAME      CPU\nshout     1%\n'],
    ['what means something in a pattern', ['a.b (c) [d] $1'], 'a.b (c) [d] $1\n'],
  ])('takes %s', (_what, expected, printed) => {
    expect(isShownAs(expected, printed)).toBe(true)
  })

  it.each<[string, string[], string]>([
    ['another line', ['a'], 'b\n'],
    ['a line too many', ['a'], 'a\nb\n'],
    ['a line that lacks', ['a', 'b'], 'a\n'],
    ['a line that goes on', ['a'], 'ab\n'],
    ['a gap that holds no lines', ['a … z'], 'a\nz\n'],
    ['something where nothing is shown', [], 'a\n'],
  ])('refuses %s', (_what, expected, printed) => {
    expect(isShownAs(expected, printed)).toBe(false)
  })
})
