import { describe, expect, it } from 'vitest'
import { OptionError, readOptions } from './options'

describe('the options', () => {
  it('are each image once and words for people, when none is given', () => {
    expect(readOptions([])).toEqual({ help: false, json: false, requests: undefined })
  })

  it.each([
    [['--json', '--requests', '1000'], { help: false, json: true, requests: 1000 }],
    [['--requests=7'], { help: false, json: false, requests: 7 }],
    [['-h'], { help: true, json: false, requests: undefined }],
  ])('%j are understood', (args, expected) => {
    expect(readOptions(args)).toEqual(expected)
  })

  it.each(['0', '-1', '1.5', '1e3', 'many', '', '10000001'])('--requests=%s is refused with the value and the rule', (value) => {
    expect(() => readOptions([`--requests=${value}`])).toThrow(OptionError)
    expect(() => readOptions([`--requests=${value}`])).toThrow(`--requests is "${value}", it must be a whole number from 1 to 10000000`)
  })

  it.each([[['--speed']], [['--requests']], [['board1']], [['--json=yes']]])('%j is refused, naming it', (args) => {
    expect(() => readOptions(args)).toThrow(OptionError)
    expect(() => readOptions(args)).toThrow(args[0]?.split('=')[0])
  })
})
