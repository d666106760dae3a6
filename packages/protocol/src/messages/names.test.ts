import { describe, expect, it } from 'vitest'
import { BoardName, InferenceName, isName } from './names'

describe('a name', () => {
  it.each(['a', 'digits', 'Digits-2.1_b', '0', 'a'.repeat(128)])('may be %s', (name) => {
    expect(isName(name)).toBe(true)
    expect(InferenceName.safeParse(name).success).toBe(true)
    expect(BoardName.safeParse(name).success).toBe(true)
  })

  it.each(['', '.hidden', '-x', '_x', 'a b', 'a/b', '../x', 'a\n', 'ä', 'a\0', 'a'.repeat(129), 5, null, undefined, ['a']])(
    'may not be %j: it becomes a path and a label',
    (name) => {
      expect(isName(name)).toBe(false)
      expect(InferenceName.safeParse(name).success).toBe(false)
    },
  )

  it.each(['all', 'ALL', 'All'])('of a board may not be %s, which selects every board; of an inference it may', (name) => {
    expect(BoardName.safeParse(name).success).toBe(false)
    expect(InferenceName.safeParse(name).success).toBe(true)
  })
})
