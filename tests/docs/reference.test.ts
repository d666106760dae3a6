import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { shortcomings } from './docstrings'
import { deadLinks, pagesBelow } from './links'

type Module = {
  documentedPackages(): string[]
  writeReference(folder: string, env: NodeJS.ProcessEnv, more: string[]): Promise<string>
}
// Plain JavaScript without types: this program runs before anything is installed.
const reference = (await import(new URL('../../tooling/run/lib/reference.mjs', import.meta.url).href)) as Module

const PUBLISHED = ['packages/container-sdk', 'packages/host-sdk', 'packages/protocol', 'packages/transport']
const BUILD_LIMIT_MS = 120_000

describe('the reference', () => {
  it('covers every published package that has an API', () => {
    expect(reference.documentedPackages()).toEqual(PUBLISHED)
  })

  it.each(PUBLISHED)(
    'of %s is built without a warning, its links lead somewhere and its docstrings are complete',
    async (folder) => {
      await using out = await tempFolder()
      const pages = join(out.path, 'pages')
      const json = join(out.path, 'all.json')
      await reference
        .writeReference(folder, process.env, ['--out', pages, '--json', json])
        .catch((error: { message: string; output?: string }) => {
          throw new Error(`${error.message}\n${error.output ?? ''}`)
        })
      expect(pagesBelow(pages).length).toBeGreaterThan(10)
      expect(deadLinks(pagesBelow(pages), pages)).toEqual([])
      if (folder.endsWith('-sdk')) expect(shortcomings(JSON.parse(readFileSync(json, 'utf8')))).toEqual([])
    },
    BUILD_LIMIT_MS,
  )
})
