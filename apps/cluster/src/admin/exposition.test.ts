import { parseExposition } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { boundLabels, Exposition, formatFor, histogramLines, labelText } from './exposition'
import { HistogramCache } from './histogram-cache'

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
    out.written(histogramLines('d_seconds', labelText({ inference: 'a' }), bounds, Float64Array.of(2, 0, 3, 1500)))
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

it('a histogram that was written before is written anew as soon as anything in it has changed', () => {
  const cache = new HistogramCache()
  const bounds = boundLabels([5, Number.POSITIVE_INFINITY])
  const counts = Float64Array.of(1, 0, 2)
  const write = () => {
    cache.begin()
    return cache.lines('d', labelText({ inference: 'a' }), bounds, counts)
  }
  const first = write()
  expect(write()).toBe(first)
  // The same count and the same sum, in another bucket: an inference that was unloaded and loaded again.
  counts.set([0, 1, 2])
  expect(write()).toBe(histogramLines('d', labelText({ inference: 'a' }), bounds, counts))
  expect(write()).not.toBe(first)
})
