import { describe, expect, it } from 'vitest'
import { shortcomings } from './docstrings'

const CLASS = 128
const METHOD = 2048
const text = (words: string) => [{ text: words }]
const documented = (name: string) => ({ name, kind: 0, comment: { summary: text('what it is') } })

/** A project with one class, whose one method has these parameters and this `@throws`. */
const project = (summary: string, parameters: { name: string; kind: number }[], throws: string[] = []) => ({
  name: 'project',
  kind: 1,
  children: [
    {
      name: 'AICluster',
      kind: CLASS,
      children: [
        {
          name: 'act',
          kind: METHOD,
          signatures: [
            {
              name: 'act',
              kind: 0,
              parameters,
              comment: { summary: text(summary), blockTags: throws.map((words) => ({ tag: '@throws', content: text(words) })) },
            },
          ],
        },
      ],
    },
  ],
})

describe('shortcomings', () => {
  it('finds none where everything is said', () => {
    const said = project(
      'Acts.',
      [documented('a'), { name: 'options', kind: 0 }],
      ['InvalidArgumentError (302): wrong', 'the same as `infer`'],
    )
    expect(shortcomings(said)).toEqual([])
  })

  it('finds a parameter among several that nobody explains', () => {
    expect(shortcomings(project('Acts.', [documented('a'), { name: 'b', kind: 0 }]))).toEqual(['AICluster.act: no @param b'])
  })

  it('asks neither one parameter alone nor a twin', () => {
    expect(shortcomings(project('Acts.', [{ name: 'a', kind: 0 }]))).toEqual([])
    expect(
      shortcomings(
        project('Like {@link x}.', [
          { name: 'a', kind: 0 },
          { name: 'b', kind: 0 },
        ]),
      ),
    ).toEqual([])
  })

  it('finds an error without its code or class', () => {
    expect(shortcomings(project('Acts.', [], ['InvalidArgumentError: wrong', 'when it fails']))).toHaveLength(2)
  })
})
