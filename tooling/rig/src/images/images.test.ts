import { createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { readdir, readFile, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { extract } from 'tar-stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { corruptImage, tinyImage } from './images'

const busybox = ['/bin/busybox', '/usr/bin/busybox'].some((path) => existsSync(path))
const TWO_DAYS_S = 2 * 24 * 3_600

describeUnless(busybox ? undefined : 'no busybox: apt-get install busybox-static', 'an image made without an Engine', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aicluster-images-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('is the same bytes from the same content, and other bytes from other content', async () => {
    const once = await tinyImage({}, { folder: join(folder, 'a') })
    const again = await tinyImage({}, { folder: join(folder, 'b') })
    const other = await tinyImage({ label: 'other' }, { folder: join(folder, 'a') })
    expect((await readFile(again.file)).equals(await readFile(once.file))).toBe(true)
    expect(again.id).toBe(once.id)
    expect([other.id, other.file]).not.toEqual([once.id, once.file])
  })

  it('says its architecture, tag and command as docker save would', async () => {
    const { file, id } = await tinyImage({ tag: 'a:2', architecture: 'arm64', command: ['x'], user: 'app' }, { folder })
    const members = await membersOf(file)
    const [manifest] = JSON.parse(String(members['manifest.json']))
    expect(manifest).toMatchObject({ RepoTags: ['a:2'], Config: `${id.replace('sha256:', '')}.json` })
    expect(JSON.parse(String(members[manifest.Config]))).toMatchObject({ architecture: 'arm64', config: { Cmd: ['x'], User: 'app' } })
    expect(Object.keys(members)).toEqual(expect.arrayContaining(manifest.Layers))
  })

  it('is compressed where that is asked for', async () => {
    const plain = await tinyImage({}, { folder })
    const zipped = await tinyImage({}, { folder, gzip: true })
    expect(zipped).toEqual({ ...plain, file: `${plain.file}.gz` })
    expect(gunzipSync(await readFile(zipped.file)).equals(await readFile(plain.file))).toBe(true)
  })

  it('goes when nobody has asked for it since yesterday', async () => {
    const { file } = await tinyImage({}, { folder })
    const longAgo = Date.now() / 1_000 - TWO_DAYS_S
    for (const name of await readdir(folder)) await utimes(join(folder, name), longAgo, longAgo)
    await tinyImage({ label: 'another' }, { folder })
    expect(existsSync(file)).toBe(false)
  })

  it('can be spoiled in two ways, in a copy', async () => {
    const { file } = await tinyImage({}, { folder })
    const sound = await readFile(file)
    const cut = await readFile(await corruptImage({ file }, join(folder, 'cut'), 'cut'))
    const garbled = await readFile(await corruptImage({ file }, join(folder, 'garbled'), 'garbled'))
    expect(cut.equals(sound.subarray(0, cut.length))).toBe(true)
    expect([cut.length < sound.length, garbled.length === sound.length, garbled.equals(sound)]).toEqual([true, true, false])
    expect((await readFile(file)).equals(sound)).toBe(true)
  })
})

async function membersOf(file: string): Promise<Record<string, Buffer>> {
  const members: Record<string, Buffer> = {}
  const tar = createReadStream(file).pipe(extract() as unknown as NodeJS.WritableStream)
  for await (const entry of tar as unknown as AsyncIterable<AsyncIterable<Uint8Array> & { header: { name: string } }>) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry) chunks.push(chunk)
    members[entry.header.name] = Buffer.concat(chunks)
  }
  return members
}
