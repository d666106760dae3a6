import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TempFolder, tempFolder } from '@aicluster/testing'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GivenFiles } from './given-files'
import type { Sources } from './placed-config'

let folder: TempFolder
let registered: Pick<Sources, 'trees'>[] | undefined
beforeEach(async () => {
  folder = await tempFolder()
  registered = []
})
afterEach(() => folder.remove())

async function opened(place = folder.path): Promise<GivenFiles> {
  const given = new GivenFiles({
    folder: place,
    limitBytes: 1e9,
    registered: () => registered,
    log: pino({ level: 'silent' }),
  })
  await given.open()
  given.close()
  return given
}

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Send a folder with these files, or one file. @returns what `files` of a command names */
async function send(given: GivenFiles, path: string, content: string | Record<string, string>, skipped?: string) {
  const put = (text: string) =>
    given.contents.put({ sha256: sha256(text), size: Buffer.byteLength(text), executable: false, offset: 0, data: Buffer.from(text) })
  const inside = Object.entries(typeof content === 'string' ? { '': content } : content)
  const files = inside.map(([place, text]) => ({ place, kind: 'file', size: text.length, executable: false, sha256: sha256(text) }))
  for (const [place, text] of inside) if (place !== skipped) await put(text)
  const entries = typeof content === 'string' ? files : [{ place: '', kind: 'folder' }, ...files]
  const list = JSON.stringify({ version: 1, path, entries })
  await put(list)
  return { path, tree: sha256(list) }
}

const treesOf = () => readdirSync(join(folder.path, 'trees'))

describe('what was sent', () => {
  it('lies under its own name as long as a command or something registered names it, also under the next manager', async () => {
    const given = await opened()
    const script = await send(given, '/app/scripts', { 'a.js': 'a', 'b c': 'b' })
    const model = await send(given, '/app/model one', 'a')

    await given.using([script, model], async (trees) => {
      expect(trees.get('/app/scripts')).toBe(script.tree)
      await given.clear()
      const places = [script, model].map(({ path, tree }) => given.placeOf(tree, path))
      expect(readFileSync(join(places[0] as string, 'b c'), 'utf8')).toBe('b')
      expect(readFileSync(places[1] as string, 'utf8')).toBe('a')
      // One content, however many trees hold it.
      expect(statSync(places[1] as string).nlink).toBe(3)
      registered = [{ trees: { '/app/scripts': script.tree } }]
    })
    expect(treesOf()).toEqual([script.tree])

    await opened()
    expect(treesOf()).toEqual([script.tree])
    registered = undefined
    await given.clear()
    expect(treesOf()).toEqual([script.tree])
    registered = []
    await given.clear()
    expect(treesOf()).toEqual([])
  })

  it('is placed in configs, and its path given back in errors', async () => {
    const given = await opened()
    const path = '/app/my "scripts"/v1'
    const { tree } = await send(given, path, { 'a.js': 'a' })
    const image = await send(given, '/images/x.tar', 'tar')
    const config = {
      name: 'digits',
      script_path: path,
      image_path: '/images',
      image_filename: 'x.tar',
      copy: [
        { From: '/here', To: 'x' },
        { From: path, To: 'y' },
      ],
    }
    const placed = given.placed({ config, trees: { [path]: tree, '/images/x.tar': image.tree } })

    const place = given.placeOf(tree, path)
    const imagePlace = given.placeOf(image.tree, image.path)
    expect(placed).toEqual({
      name: 'digits',
      script_path: place,
      image_path: dirname(imagePlace),
      image_filename: 'x.tar',
      copy: [
        { From: '/here', To: 'x' },
        { From: place, To: 'y' },
      ],
    })
    const header = {
      code: 301,
      message: `script_path ${JSON.stringify(place)} (${place}/a.js)`,
      details: { value: place, list: [imagePlace] },
    }
    const shown = JSON.stringify(path).slice(1, -1)
    expect(given.inOwnWords(header)).toEqual({
      code: 301,
      message: `script_path "${shown}" (${shown}/a.js)`,
      details: { value: shown, list: ['/images/x.tar'] },
    })
    expect(given.placed({ config })).toBe(config)
  })

  it('is refused where its list, or a content, was not sent, or the list is that of another path', async () => {
    const given = await opened()
    const whole = await send(given, '/a', { x: 'x' })
    const partial = await send(given, '/b', { x: 'x', y: 'y' }, 'y')
    const use = (path: string, tree: string) => given.using([{ path, tree }], async () => {})

    await expect(use('/a', 'f'.repeat(64))).rejects.toMatchObject({ code: 302, message: expect.stringContaining('its list was not sent') })
    await expect(use('/other', whole.tree)).rejects.toMatchObject({ code: 302, message: expect.stringContaining('it is that of "/a"') })
    await expect(use('/b', partial.tree)).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('the content of "y" in "/b" was not sent'),
    })
    await expect(use('/b', sha256('x'))).rejects.toMatchObject({ code: 302 })
    expect(treesOf()).toEqual([])
  })

  it('is not read when it is named as a list and is larger than one may be', async () => {
    const given = await opened()
    const tree = sha256('a large image')
    const bytes = 5 * 1024 ** 3
    const place = given.contents.place({ sha256: tree, executable: false })
    writeFileSync(place, '')
    truncateSync(place, bytes)

    const use = given.using([{ path: '/image.tar', tree }], async () => {})

    await expect(use).rejects.toMatchObject({ code: 302, message: expect.stringContaining(`the list of a tree has ${bytes} bytes`) })
  })
})

const cannotMount = process.getuid?.() === 0 ? undefined : 'a small disk is mounted by root alone'

describeUnless(cannotMount, 'on a disk that is full', () => {
  it('is 302 that says so, and nothing is left; what was there stays', async () => {
    const disk = join(folder.path, 'disk')
    execFileSync('mkdir', [disk])
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk])
    try {
      const given = await opened(disk)
      const kept = await send(given, '/kept', 'kept')
      await given.using([kept], async () => {
        const data = Buffer.alloc(200 * 1024, 1)
        const content = { sha256: sha256(Buffer.concat([data, data])), size: 2 * data.length, executable: false }
        expect(await given.contents.put({ ...content, offset: 0, data })).toBe(data.length)
        const full = given.contents.put({ ...content, offset: data.length, data })
        await expect(full).rejects.toMatchObject({
          code: 302,
          message: expect.stringContaining("disk of the manager's host, which is full"),
        })
        expect(readdirSync(join(disk, 'store', 'parts'))).toEqual([])
        expect(await given.contents.offsetOf(content)).toBe(0)
        expect(existsSync(given.placeOf(kept.tree, kept.path))).toBe(true)
      })
    } finally {
      execFileSync('umount', [disk])
    }
  })
})
