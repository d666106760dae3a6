import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { deadLinks, pagesBelow } from './links'

/** Links of `page.md` that lead nowhere, beside `other.md`. */
async function deadIn(page: string): Promise<string[]> {
  await using folder = await tempFolder()
  writeFileSync(join(folder.path, 'page.md'), page)
  writeFileSync(join(folder.path, 'other.md'), '# One\n\n## Same name\n\n## Same name\n\n## `code`, and *more*!\n\n<a id="own"></a>\n')
  return deadLinks(pagesBelow(folder.path), folder.path)
}

describe('deadLinks', () => {
  it.each([
    'other.md',
    './other.md#one',
    'other.md#same-name',
    'other.md#same-name-1',
    'other.md#code-and-more',
    'other.md#own',
    '#here',
    'https://example.com/nowhere',
  ])('takes %s', async (link) => {
    expect(await deadIn(`# Here\n\n[x](${link})\n`)).toEqual([])
  })

  it.each(['missing.md', 'other.md#two', 'other.md#same-name-2', '#there', '#'])('finds %s', async (link) => {
    expect(await deadIn(`# Here\n\n[x](${link})\n`)).toEqual([`page.md → ${link}`])
  })

  it('looks at no code', async () => {
    expect(await deadIn('```md\n[x](missing.md)\n# There\n```\n\nand `[x](missing.md)`\n')).toEqual([])
  })
})
