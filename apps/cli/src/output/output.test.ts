import { describe, expect, it } from 'vitest'
import { errorView } from '../cli-errors'
import { colored, paintFor, plain } from './colors'
import { Output } from './output'
import { printable, printableJson, printableLine } from './printable'
import { tableLines } from './table'
import { bytesText, durationText } from './units'

function capture(json: boolean) {
  const said = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof said) => ({ write: (text: string) => (said[name] += text) })
  const output = new Output({ stdout: stream('stdout'), stderr: stream('stderr') }, json, { stdout: plain, stderr: plain })
  return { output, said }
}

const EVIL = '\u001b[31mred\u001b[0m \u001b]0;title\u0007a\rb\u202ec\u0007\u009b2J'

describe('text of a container', () => {
  it('loses what a terminal would act upon', () => {
    expect(printable(EVIL)).toBe('red a\nbc')
    expect(printable('line one\r\nline\ttwo ✓')).toBe('line one\nline\ttwo ✓')
    expect(printableLine('a\n\n\tb\u001b[2J ')).toBe('a b')
  })

  it('keeps its meaning in JSON, with nothing for a terminal in it', () => {
    const json = printableJson({ text: EVIL })
    expect(JSON.parse(json)).toEqual({ text: EVIL })
    expect(printable(json)).toBe(json)
  })

  it.each(['line', 'note'] as const)('cannot reach the terminal through %s', (method) => {
    const { output, said } = capture(false)
    output[method](EVIL)
    expect(said.stdout + said.stderr).toBe('red a\nbc\n')
  })

  it('cannot leave its cell of a table', () => {
    const lines = tableLines(
      [
        { heading: 'A', text: (row: string) => row },
        { heading: 'B', text: () => 1, right: true },
      ],
      ['x\ny\u001b[2J', 'z'],
    )
    expect(lines).toEqual(['A    B', 'x y  1', 'z    1'])
  })
})

it('a table shows what is missing as a dash', () => {
  expect(tableLines([{ heading: 'CPU', text: () => undefined }], [0])).toEqual(['CPU', '-'])
})

describe('a result', () => {
  it('is for people without --json', () => {
    const { output, said } = capture(false)
    output.result({ a: 1 }, () => output.line('one'))
    expect(said).toEqual({ stdout: 'one\n', stderr: '' })
  })

  it('is one JSON value with it, whatever fails later', () => {
    const { output, said } = capture(true)
    output.result({ a: 1 }, () => output.line('one'))
    output.error(errorView(new Error('late')))
    expect(JSON.parse(said.stdout)).toEqual({ a: 1 })
    expect(said.stderr).toBe('Error: late\n')
  })

  it('is the error when there is one', () => {
    const { output, said } = capture(true)
    output.error(errorView(new Error('no')))
    expect(JSON.parse(said.stdout)).toEqual({ error: { code: null, name: 'Error', message: 'no', details: {} } })
  })
})

describe('results without end', () => {
  it('are lines for people', () => {
    const { output, said } = capture(false)
    output.oneOf({ line: 'a' }, () => output.line('a'))
    expect(said.stdout).toBe('a\n')
  })

  it('are one JSON object a line with --json, the error too', () => {
    const { output, said } = capture(true)
    output.oneOf({ line: 'a' }, () => output.line('a'))
    output.oneOf({ line: EVIL }, () => output.line('b'))
    output.error(errorView(new Error('lost')))
    const lines = said.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toEqual([{ line: 'a' }, { line: EVIL }, { error: { code: null, name: 'Error', message: 'lost', details: {} } }])
  })
})

describe('colours', () => {
  it.each([
    ['a terminal', true, {}, true, true],
    ['a pipe', false, {}, true, false],
    ['--no-color', true, {}, false, false],
    ['NO_COLOR', true, { NO_COLOR: '1' }, true, false],
    ['an empty NO_COLOR', true, { NO_COLOR: '' }, true, true],
    ['a dumb terminal', true, { TERM: 'dumb' }, true, false],
  ])('%s', (_, isTTY, env, wanted, expected) => {
    expect(paintFor({ isTTY }, env, wanted)).toBe(expected ? colored : plain)
  })
})

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1 kB'],
  [1_234_567, '1.23 MB'],
  [999_999, '1 MB'],
  [5e15, '5000 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text)
})

it.each([
  [900, '0 s'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [183_600_000, '2 d 3 h'],
])('%d ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text)
})
