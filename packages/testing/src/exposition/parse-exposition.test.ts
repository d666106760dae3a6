import { describe, expect, it } from 'vitest'
import { parseExposition } from './parse-exposition'

const HEAD = '# HELP a_total What it counts.\n# TYPE a_total counter\n'

describe('metrics that are read', () => {
  it('give families with their samples, labels unescaped', () => {
    expect(parseExposition(`${HEAD}a_total{x="q\\"b\\\\n\\n",y=""} 1.5e3\na_total +Inf\n`)).toEqual(
      new Map([
        [
          'a_total',
          {
            type: 'counter',
            help: 'What it counts.',
            samples: [
              { name: 'a_total', labels: { x: 'q"b\\n\n', y: '' }, value: 1500 },
              { name: 'a_total', labels: {}, value: Number.POSITIVE_INFINITY },
            ],
          },
        ],
      ]),
    )
  })

  it('may be OpenMetrics', () => {
    const text = '# HELP a What it counts.\n# TYPE a counter\na_total 1\n# EOF\n'
    expect(parseExposition(text).get('a')?.samples).toEqual([{ name: 'a_total', labels: {}, value: 1 }])
  })
})

const HISTOGRAM = '# HELP h H.\n# TYPE h histogram\n'

describe('what is no such text', () => {
  it.each([
    ['an unfinished line', `${HEAD}a_total 1`],
    ['a sample without a family', 'a_total 1\n'],
    ['a sample of another family', `${HEAD}b_total 1\n`],
    ['a TYPE without HELP', '# TYPE a_total counter\n'],
    ['a family that comes twice', `${HEAD}${HEAD}`],
    ['a series that comes twice', `${HEAD}a_total{x="1",y="2"} 1\na_total{y="2",x="1"} 2\n`],
    ['a raw quote in a label', `${HEAD}a_total{x="a"b"} 1\n`],
    ['an unknown escape', `${HEAD}a_total{x="\\t"} 1\n`],
    ['a label twice', `${HEAD}a_total{x="1",x="1"} 1\n`],
    ['a value that is no number', `${HEAD}a_total one\n`],
    ['an empty line', `${HEAD}\na_total 1\n`],
    ['a histogram without its last bucket', `${HISTOGRAM}h_bucket{le="1.0"} 1\nh_sum 1\nh_count 1\n`],
    ['buckets that fall', `${HISTOGRAM}h_bucket{le="1.0"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`],
    ['a histogram that does not add up', `${HISTOGRAM}h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n`],
  ])('is refused: %s', (_what, text) => {
    expect(() => parseExposition(text)).toThrow()
  })
})
