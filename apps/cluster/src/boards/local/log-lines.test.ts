import { describe, expect, it } from 'vitest'
import { logPlaceText, MAX_LOG_READ_BYTES, readLogPlace, takeLines } from './log-lines'

describe('lines of a log', () => {
  it('are whole ones, until nothing will follow', () => {
    const bytes = Buffer.from('one\r\n\ntwo\nthr')

    expect(takeLines(bytes, false)).toEqual({ lines: ['one', '', 'two'], taken: 10 })
    expect(takeLines(bytes, true)).toEqual({ lines: ['one', '', 'two', 'thr'], taken: 13 })
  })

  it('hold nothing that does something to a terminal', () => {
    expect(takeLines(Buffer.from('\u001b]0;title\u0007\u001b[31mred\u001b[0m\u0000\n10 %\r20 %\n'), false).lines).toEqual([
      'red',
      '10 %',
      '20 %',
    ])
  })

  it('are cut where they are too long, and told 10,000 at a time', () => {
    const endless = takeLines(Buffer.alloc(MAX_LOG_READ_BYTES, 'x'), false)
    const many = takeLines(Buffer.alloc(20_000, '\n'), false)

    expect([endless.lines.map(({ length }) => length), endless.taken]).toEqual([[8_193], MAX_LOG_READ_BYTES])
    expect([many.lines.length, many.taken]).toEqual([10_000, 10_000])
  })

  it('are read from a line that overwrites itself with every byte', () => {
    expect(takeLines(Buffer.alloc(MAX_LOG_READ_BYTES, '\r'), true).taken).toBe(MAX_LOG_READ_BYTES)
  })

  it('have a place that is told as text, and no other text is one', () => {
    expect(readLogPlace(logPlaceText({ stdout: 12, stderr: 0 }))).toEqual({ stdout: 12, stderr: 0 })
    for (const text of ['', '1', '1.', '-1.2', '1.2.3', '1e3.0'])
      expect(() => readLogPlace(text)).toThrow(expect.objectContaining({ code: 302 }))
  })
})
