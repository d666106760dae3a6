import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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
const stage = async (name: string, content: Record<string, string>) => {
  await files.stage(name)
  write(`.new-${name}`, content)
  return files.staged(name)
}

describe('files that are put', () => {
  it('count together with those that were put before, and take the place of those of the same name', async () => {
    write('digits', { a: 'old a', b: 'old b' })
    const staged = await stage('digits', { b: 'new b', c: 'new c' })
    const committing = await files.committing(['digits'])

    await staged.commit()
    await committing.done()

    expect(contentOf('digits')).toEqual({ a: 'old a', b: 'new b', c: 'new c' })
    await staged.dispose()
    expect(readdirSync(folder)).toEqual(['digits'])
  })

  it.each([[{ a: 'old a' }], [undefined]])('are gone after a revert, before the commit and after it: %j was there', async (before) => {
    if (before) write('digits', before)
    for (const commits of [false, true]) {
      const staged = await stage('digits', { a: 'new a', c: 'new c' })
      const committing = await files.committing(['digits'])
      if (commits) await staged.commit()
      await committing.undo()
      await staged.revert()
      await committing.done()
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

describe('files that are put for several inferences', () => {
  const NAMES = ['first', 'second', 'third']
  const NEW = { a: 'new a', b: 'new b' }
  /** Of the third nothing was put before. */
  const OLD = [{ a: 'old a' }, { b: 'old b', c: 'old c' }, undefined]
  const ALL_NEW = [NEW, { ...NEW, c: 'old c' }, NEW]

  const kept = () => NAMES.map((name) => (files.folderOf(name) ? contentOf(name) : undefined))

  /** Each step is a moment at which the manager may die. */
  async function* putting(fails: boolean) {
    const parts = []
    for (const name of NAMES) {
      parts.push(await stage(name, NEW))
      yield 'old'
    }
    const committing = await files.committing(NAMES)
    yield 'new'
    for (const part of parts) {
      await part.commit()
      yield 'new'
    }
    if (fails) {
      await committing.undo()
      yield 'old'
      for (const part of parts.reverse()) {
        await part.revert()
        yield 'old'
      }
    }
    await committing.done()
    yield fails ? 'old' : 'new'
    for (const part of parts) {
      await part.dispose()
      yield fails ? 'old' : 'new'
    }
  }
  const steps = (fails: boolean, count: number) => Array.from({ length: count }, (_, index) => [fails, index + 1] as const)

  it.each([...steps(false, 11), ...steps(true, 15)])(
    'are the new ones for all of them, or the old ones, whenever the manager dies (taken back: %s, step %d)',
    async (fails, dies) => {
      for (const [index, name] of NAMES.entries()) if (OLD[index]) write(name, OLD[index])
      const put = putting(fails)
      let step: IteratorResult<string, void> = { done: true, value: undefined }
      for (let count = 0; count < dies; count++) step = await put.next()
      expect(step.done).toBe(false)

      await new PutFiles(folder).recover(() => [])

      expect(kept()).toEqual(step.value === 'new' ? ALL_NEW : OLD)
      expect(readdirSync(folder)).toEqual(NAMES.filter((name) => files.folderOf(name)))
    },
  )

  it('are the new ones, too, where it dies between the two renames of one of them, and again while that is mended', async () => {
    for (const [index, name] of NAMES.entries()) if (OLD[index]) write(name, OLD[index])
    for (const name of NAMES) await stage(name, NEW)
    await files.committing(NAMES)
    renameSync(join(folder, 'first'), join(folder, '.old-first'))
    const marker = readFileSync(join(folder, '.together-first'))
    await new PutFiles(folder).recover(() => [])
    writeFileSync(join(folder, '.together-first'), marker)
    writeFileSync(join(folder, '.together-first.123.tmp'), marker)

    await new PutFiles(folder).recover(() => [])

    expect(kept()).toEqual(ALL_NEW)
    expect(readdirSync(folder)).toEqual(NAMES)
  })
})
