import { parseExposition } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { boundLabels, Exposition, formatFor, labelText } from './exposition'

const HARD = 'a"b\\c\nd{e="f"} 1'

describe.each([
  ['text', undefined],
  ['openmetrics', 'application/openmetrics-text; version=1.0.0'],
])('in the format %s', (name, accept) => {
  const family = (of: string) => (name === 'openmetrics' ? of.replace(/_total$/, '') : of)
  const format = formatFor(accept)

  it('a label may have any value', () => {
    const out = new Exposition(format)
    out.family({ name: 'x_total', type: 'counter', help: 'A "help"\\ of\nlines.' })
    out.sample('x_total', labelText({ inference: HARD }), 3)
    expect(parseExposition(out.toString()).get(family('x_total'))?.samples).toEqual([
      { name: 'x_total', labels: { inference: HARD }, value: 3 },
    ])
  })

  it('a histogram is cumulative and in seconds', () => {
    const out = new Exposition(format)
    out.family({ name: 'd_seconds', type: 'histogram', help: 'D.' })
    const bounds = boundLabels([5, 1000, Number.POSITIVE_INFINITY])
    out.histogram('d_seconds', labelText({ inference: 'a' }), bounds, Float64Array.of(9, 2, 0, 3, 1500), 1)
    const samples = parseExposition(out.toString()).get('d_seconds')?.samples ?? []
    expect(samples.map(({ labels, value }) => [labels.le, value])).toEqual([
      ['0.005', 2],
      ['1.0', 2],
      ['+Inf', 5],
      [undefined, 1.5],
      [undefined, 5],
    ])
  })
})

it.each([
  [undefined, 'text'],
  ['*/*', 'text'],
  ['text/plain', 'text'],
  ['application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5', 'openmetrics'],
  ['application/openmetrics-text;q=0, text/plain', 'text'],
])('whoever accepts %s gets %s', (accept, name) => {
  expect(formatFor(accept).name).toBe(name)
})
