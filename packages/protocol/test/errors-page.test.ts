import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { errorsGuide } from './errors-guide'
import { errorsPage } from './errors-page'

const DOCS = new URL('../../../docs/', import.meta.url)
const PAGES = [
  { page: 'errors.md', print: errorsPage },
  { page: 'guides/errors.md', print: errorsGuide },
]

it.each(PAGES)('docs/$page is what the table of errors prints', ({ page, print }) => {
  const path = new URL(page, DOCS)
  if (process.env.AICLUSTER_WRITE === 'errors') {
    mkdirSync(new URL('.', path), { recursive: true })
    writeFileSync(path, print())
  }
  expect(readFileSync(path, 'utf8')).toBe(print())
})
