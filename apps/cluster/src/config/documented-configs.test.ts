import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseClusterFile } from './load-cluster-file'

const page = (path: string): string => readFileSync(new URL(`../../../../docs/${path}`, import.meta.url), 'utf8')
const yamlIn = (text: string): string[] => [...text.matchAll(/^```yaml[^\n]*\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)

it.each(['guides/boards.md', 'running.md', 'configuration.md'])('every cluster.yaml in docs/%s is one that the manager takes', (path) => {
  const files = yamlIn(page(path)).filter((text) => /^boards:/m.test(text))
  expect(files).not.toEqual([])
  for (const text of files) expect(parseClusterFile('cluster.yaml', text).boards.length).toBeGreaterThan(0)
})
