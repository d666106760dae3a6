import { describe, expect, it } from 'vitest'
import { lastWords } from './last-words'

describe("a manager's last words", () => {
  it('are the messages of its last lines', () => {
    const log = ['{"level":30,"msg":"ready"}', '{"level":60,"msg":"failed","err":{"message":"no disk"}}', 'Killed', ''].join('\n')
    expect(lastWords(log)).toBe('It said last:\n  ready\n  failed: no disk\n  Killed')
  })

  it('are five lines at most', () => {
    expect(lastWords('1\n2\n3\n4\n5\n6\n7\n')).toBe('It said last:\n  3\n  4\n  5\n  6\n  7')
  })

  it('may be none', () => {
    expect(lastWords('')).toBe('It said nothing.')
  })
})
