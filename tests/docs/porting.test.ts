import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const textOf = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')
const GUIDE = textOf('docs/guides/porting-from-python.md')
const BUILT = ['protocol', 'host-sdk', 'container-sdk'].map((name) => textOf(`packages/${name}/dist/index.d.ts`)).join('\n')

/** APIs and attributes of the original SDK, counted in its reference: chapters 2 to 7. */
const ROWS = {
  AICluster: 20,
  'Callbacks and events': 4,
  Connector: 4,
  container_log_util: 7,
  ContainerConfig: 16,
  InferenceResponse: 9,
  CoprocessorImages: 3,
  ContainerStatus: 30,
  QueueInfo: 4,
  ContainerDistributionStatus: 3,
  InferenceModulesConfig: 5,
}
/** Each has a table of its methods and one of its attributes. */
const TWICE = { CoprocessorHandler: [4, 2], ContainerHandler: [4, 18] }

/** The rows of the tables under headings of this name: what Python calls it, what we call it. */
const tables = (heading: string): [string, string][][] =>
  GUIDE.split(/^#+ /m)
    .filter((section) => section.startsWith(`${heading}\n`))
    .map((section) =>
      [...section.matchAll(/^\| `?([^|`]+)`? \| ([^|]*)\|/gm)].map(([, python = '', ours = '']) => [python, ours] as [string, string]),
    )
    .map((rows) => rows.filter(([python]) => !/^(Python|---)/.test(python)))

describe('the porting guide', () => {
  it.each(Object.entries(ROWS))('has every row of %s: %i', (heading, count) => {
    expect(tables(heading).map((rows) => rows.length)).toEqual([count])
  })

  it.each(Object.entries(TWICE))('has every method and every attribute of %s', (heading, counts) => {
    expect(tables(heading).map((rows) => rows.length)).toEqual(counts)
  })

  it('names nothing that the packages do not have', () => {
    const names = [...Object.keys(ROWS).filter((heading) => heading !== 'Callbacks and events'), ...Object.keys(TWICE)]
      .flatMap(tables)
      .flat()
      .flatMap(([, ours]) =>
        [...ours.matchAll(/`(?:AICluster\.|Connector\.|container_log_util\.|cluster\.)?(\w+)/g)].map(([, name = '']) => name),
      )
    expect(names.length).toBeGreaterThan(100)
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(BUILT))).toEqual([])
  })
})
