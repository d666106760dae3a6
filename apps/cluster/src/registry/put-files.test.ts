import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PutFiles } from './put-files'

let folder: string
let files: PutFiles

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aicluster-put-'))
  files = new PutFiles(folder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (place: string, content: Record<string, string>) => {
  mkdirSync(join(folder, place), { recursive: true })
  for (const [name, text] of Object.entries(content)) writeFileSync(join(folder, place, name), text)
}
const contentOf = (place: string) =>
  Object.fromEntries(readdirSync(join(folder, place)).map((name) => [name, readFileSync(join(folder, place, name), 'utf8')]))
const put = async (content: Record<string, string>) => {
  await files.stage('digits')
  write('.new-digits', content)
  return files.staged('digits')
}

describe('files that are put', () => {
  it('count together with those that were put before, and take the place of those of the same name', async () => {
    write('digits', { a: 'old a', b: 'old b' })
    const staged = await put({ b: 'new b', c: 'new c' })

    await staged.commit()

    expect(contentOf('digits')).toEqual({ a: 'old a', b: 'new b', c: 'new c' })
    await staged.dispose()
    expect(readdirSync(folder)).toEqual(['digits'])
  })

  it.each([[{ a: 'old a' }], [undefined]])('are gone after a revert, before the commit and after it: %j was there', async (before) => {
    if (before) write('digits', before)
    for (const commits of [false, true]) {
      const staged = await put({ a: 'new a', c: 'new c' })
      if (commits) await staged.commit()
      await staged.revert()
      await staged.dispose()

      expect(readdirSync(folder)).toEqual(before ? ['digits'] : [])
      if (before) expect(contentOf('digits')).toEqual(before)
    }
  })
})

describe('what a manager that died has left', () => {
  const registered = (name: string) => (name === 'digits' ? ['instance'] : undefined)

  it.each([
    ['staged', { digits: { a: 'old' }, '.new-digits': { a: 'new' } }, { a: 'old' }],
    ['set aside', { '.old-digits': { a: 'old' }, '.new-digits': { a: 'new' } }, { a: 'old' }],
    ['committed', { digits: { a: 'new' }, '.old-digits': { a: 'old' } }, { a: 'new' }],
  ])('is one state, the old or the new: %s', async (_at, left, kept) => {
    for (const [place, content] of Object.entries(left)) write(place, content)
    write('gone', { a: 'of an inference that is unloaded' })

    await files.recover(registered)

    expect(readdirSync(folder)).toEqual(['digits'])
    expect(contentOf('digits')).toEqual(kept)
  })

  it.each([
    ['instance', []],
    ['another', ['digits']],
  ])('goes with the inference, once what replaces it is registered: %s', async (instance, places) => {
    write('digits', { a: 'put before' })
    await files.replacing('digits', [instance])

    await files.recover(registered)

    expect(readdirSync(folder)).toEqual(places)
  })
})
