import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { deadLinks } from './links'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.turbo', '.test-results', '.demo', 'coverage'])
/** Folders that hold data or are read by a tool: a README in them would be in the way. */
const DATA_FOLDERS = new Set(['golden', 'samples', 'digits', 'programs'])

function* foldersBelow(folder: string): Generator<string> {
  yield folder
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) yield* foldersBelow(join(folder, entry.name))
  }
}

const folders = [...foldersBelow(ROOT)]
const name = (path: string) => relative(ROOT, path) || '.'

describe('documentation', () => {
  it('explains every folder of more than five source files', () => {
    const unexplained = folders.filter((folder) => {
      const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
      const sources = entries.filter((entry) => /\.(ts|mjs|py)$/.test(entry.name))
      return sources.length > 5 && !DATA_FOLDERS.has(folder.split('/').pop() ?? '') && !entries.some((entry) => entry.name === 'README.md')
    })
    expect(unexplained.map(name)).toEqual([])
  })

  it('has no link that leads nowhere, and none to a heading that is not there', () => {
    const pages = folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((entry) => entry.endsWith('.md'))
        .map((entry) => join(folder, entry)),
    )
    expect(pages.length).toBeGreaterThan(10)
    expect(deadLinks(pages, ROOT)).toEqual([])
  })

  it('lists every page of docs in its index, each with a line', () => {
    const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8')
    const pages = ['.', 'guides'].flatMap((folder) => readdirSync(join(ROOT, 'docs', folder)).map((entry) => join(folder, entry)))
    const unlisted = pages.filter(
      (page) => page.endsWith('.md') && page !== 'README.md' && !new RegExp(`\\]\\(${page}\\).*\\w`).test(index),
    )
    expect(unlisted).toEqual([])
  })

  it('keeps the README under 120 lines', () => {
    const path = join(ROOT, 'README.md')
    expect(statSync(path).isFile()).toBe(true)
    expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(120)
  })
})
