import { describe, expect, it } from 'vitest'
import { BoardSelectorText, parseBoardSelector } from './board-labels'
import { BoardName } from './names'

describe('a text that selects boards', () => {
  it.each([
    ['gpu=orin', { key: 'gpu', value: 'orin' }],
    ['gpu=', { key: 'gpu', value: '' }],
    ['label:gpu', { key: 'gpu' }],
    ['example.com/rack=7', { key: 'example.com/rack', value: '7' }],
  ])('%s is a label', (text, selector) => {
    expect(parseBoardSelector(text)).toEqual(selector)
    expect(BoardSelectorText.safeParse(text).success).toBe(true)
    expect(BoardName.safeParse(text).success).toBe(false)
  })

  it.each(['board1', 'all', ''])('%j is none', (text) => {
    expect(parseBoardSelector(text)).toBeUndefined()
  })

  it.each(['=orin', 'gpu=a,b', 'label:', 'label:a=b', 'gpu=$(reboot)'])('%s is refused', (text) => {
    expect(BoardSelectorText.safeParse(text).success).toBe(false)
  })
})
