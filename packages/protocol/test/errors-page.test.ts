import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { errorsPage } from './errors-page'

const PAGE = new URL('../../../docs/errors.md', import.meta.url)

if (process.env.AICLUSTER_WRITE === 'errors') writeFileSync(PAGE, errorsPage())

it('docs/errors.md is what the table of errors prints', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(errorsPage())
})
