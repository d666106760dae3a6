import { describe, expect, it } from 'vitest'
import { type InLine, WaitingLine } from './waiting-line'

class Entry implements InLine {
  inLine = false
  ahead: InLine | undefined = undefined
  behind: InLine | undefined = undefined
  constructor(readonly name: string) {}
}

const lineOf = (...entries: Entry[]): WaitingLine<Entry> => {
  const line = new WaitingLine<Entry>()
  for (const entry of entries) line.add(entry)
  return line
}

function inOrder(line: WaitingLine<Entry>): string[] {
  const names: string[] = []
  for (let first = line.first; first; first = line.first) {
    names.push(first.name)
    line.remove(first)
  }
  return names
}

const entries = (): Entry[] => ['a', 'b', 'c'].map((name) => new Entry(name))

describe('a waiting line', () => {
  it('serves first who came first', () => {
    expect(inOrder(lineOf(...entries()))).toEqual(['a', 'b', 'c'])
  })

  it.each([
    [0, ['b', 'c']],
    [1, ['a', 'c']],
    [2, ['a', 'b']],
  ])('lets entry %i leave', (leaving, rest) => {
    const all = entries()
    const line = lineOf(...all)
    expect(line.remove(all[leaving] as Entry)).toBe(true)
    expect(line.remove(all[leaving] as Entry)).toBe(false)
    expect(line.size).toBe(2)
    expect(inOrder(line)).toEqual(rest)
  })

  it('takes who left again, at its end', () => {
    const [a, b] = entries() as [Entry, Entry, Entry]
    const line = lineOf(a, b)
    line.remove(a)
    line.add(a)
    expect(inOrder(line)).toEqual(['b', 'a'])
    expect(line.size).toBe(0)
  })
})
