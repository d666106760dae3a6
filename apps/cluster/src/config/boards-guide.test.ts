import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseClusterFile } from './load-cluster-file'

const GUIDE = readFileSync(new URL('../../../../docs/guides/boards.md', import.meta.url), 'utf8')
const blocks = [...GUIDE.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
const listen = blocks.find((text) => text.includes('\nlisten:'))?.replace(/\nboards:[\s\S]*/, '\n') ?? ''

it('every configuration in docs/guides/boards.md is one that the manager takes', () => {
  const files = blocks.filter((text) => /^boards:/m.test(text))
  expect(files).toHaveLength(2)
  for (const text of files)
    expect(parseClusterFile('cluster.yaml', text.includes('listen:') ? text : listen + text).boards.length).toBeGreaterThan(0)
})
