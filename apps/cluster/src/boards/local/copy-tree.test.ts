import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TempFolder, tempFolder } from '@aicluster/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copyTree } from './copy-tree'

let temp: TempFolder
let file: string
let kept: string
let folder: string
beforeEach(async () => {
  temp = await tempFolder()
  file = join(temp.path, 'file')
  kept = join(temp.path, 'kept')
  folder = join(kept, 'folder')
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, 'copied')
  writeFileSync(join(kept, 'beside'), 'beside')
  writeFileSync(join(folder, 'inside'), 'inside')
})
afterEach(() => temp.remove())

const there = () => readdirSync(kept, { recursive: true }).sort()

describe('a copy into a folder', () => {
  it.each(['..', '../beside', '../folder', '.', '', '../../kept'])(
    'replaces neither it nor anything around it, whatever its name: %j',
    async (name) => {
      await expect(copyTree(file, join(folder, name), folder)).rejects.toThrow(/not replaced|nothing is copied/)

      expect(there()).toEqual(['beside', 'folder', 'folder/inside'])
      expect(readFileSync(join(kept, 'beside'), 'utf8')).toBe('beside')
    },
  )

  it('of a folder fills it, and is refused where it would fill another one', async () => {
    const tree = join(temp.path, 'tree')
    mkdirSync(tree)
    writeFileSync(join(tree, 'inside'), 'new')
    writeFileSync(join(tree, 'other'), 'other')

    await copyTree(tree, folder, folder)
    await expect(copyTree(tree, join(folder, '..'), folder)).rejects.toThrow('nothing is copied there')

    expect(there()).toEqual(['beside', 'folder', 'folder/inside', 'folder/other'])
    expect(readFileSync(join(folder, 'inside'), 'utf8')).toBe('new')
  })

  it('replaces a folder, and a link, that are in its way below it', async () => {
    mkdirSync(join(folder, 'a', 'b'), { recursive: true })
    symlinkSync(kept, join(folder, 'link'))

    await copyTree(file, join(folder, 'a'), folder)
    await copyTree(file, join(folder, 'link'), folder)

    expect(there()).toEqual(['beside', 'folder', 'folder/a', 'folder/inside', 'folder/link'])
  })
})
