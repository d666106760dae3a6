import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { readImageArchive } from './image-archive'
import { testImageParts, writeTar, writeTestImage } from './test-image'

const folder = mkdtempSync(join(tmpdir(), 'image archives '))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let count = 0
const fresh = (): string => join(folder, `image ${count++}.tar`)

function file(bytes: Buffer): string {
  const path = fresh()
  writeFileSync(path, bytes)
  return path
}

describe('an image tar', () => {
  it.each([false, true])('of docker save tells id, tags, architecture and layers (gzip: %s)', async (gzip) => {
    const path = fresh()
    const id = await writeTestImage(path, { tag: 'digits:1', architecture: 'arm64', empty: true, gzip })
    const { images, size } = await readImageArchive(path)
    expect(images).toMatchObject([
      { id, tags: ['digits:1'], architecture: 'arm64', os: 'linux', layers: [expect.stringMatching(/^sha256:/)] },
    ])
    expect(size).toBeGreaterThan(500)
  })

  it('is read anew once it has changed', async () => {
    const path = fresh()
    const first = await writeTestImage(path, { empty: true })
    expect((await readImageArchive(path)).images[0]?.id).toBe(first)
    const second = await writeTestImage(path, { empty: true, architecture: 'arm64' })
    expect((await readImageArchive(path)).images[0]?.id).toBe(second)
    expect(second).not.toBe(first)
  })

  it('of the OCI layout tells the same, and the digests by which newer Engines know it', async () => {
    const { id, config, layer } = await testImageParts({ empty: true })
    const { createHash } = await import('node:crypto')
    const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const blob = (bytes: Buffer) => [`blobs/${digestOf(bytes).replace(':', '/')}`, bytes] as const
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: { digest: id }, layers: [{ digest: digestOf(layer) }] }))
    const index = {
      manifests: [{ digest: digestOf(manifest), annotations: { 'io.containerd.image.name': 'docker.io/library/digits:1' } }],
    }
    const blobs = Object.fromEntries([blob(config), blob(layer), blob(manifest)])
    const { images } = await readImageArchive(file(await writeTar({ ...blobs, 'index.json': JSON.stringify(index) })))
    expect(images).toMatchObject([{ id, otherIds: [digestOf(manifest)], tags: ['digits:1'], architecture: 'amd64' }])
  })
})

describe('what is no image tar', () => {
  it.each<[string, () => Promise<Buffer>, string]>([
    ['empty', async () => Buffer.alloc(0), 'is empty, or no tar at all'],
    ['text', async () => Buffer.from('hello '.repeat(1000)), 'is damaged, or no tar at all'],
    ['another tar', () => writeTar({ 'bin/sh': 'x' }), 'has neither manifest.json nor index.json'],
    ['zstd', async () => Buffer.from('28b52ffd00000000', 'hex'), 'is compressed by zstd'],
    ['a manifest without its config', () => writeTar({ 'manifest.json': '[{"Config":"a.json","Layers":[]}]' }), 'a.json is missing'],
    ['a manifest of another kind', () => writeTar({ 'manifest.json': '{"a":1}' }), 'manifest.json does not say what it should'],
    ['a manifest that is no JSON', () => writeTar({ 'manifest.json': '[{' }), 'manifest.json is missing, or no JSON'],
  ])('%s is refused with the reason', async (_, bytes, message) => {
    await expect(readImageArchive(file(await bytes()))).rejects.toThrow(message)
  })

  it('one that breaks off is refused, plain and gzip', async () => {
    const path = fresh()
    const { readFileSync } = await import('node:fs')
    await writeTestImage(path, { empty: true, ballast: 100_000 })
    const bytes = readFileSync(path)
    await expect(readImageArchive(file(bytes.subarray(0, bytes.length / 2)))).rejects.toThrow('is damaged')
    const packed = gzipSync(bytes)
    await expect(readImageArchive(file(packed.subarray(0, packed.length / 2)))).rejects.toThrow('is damaged')
  })

  it('one whose layer is missing, or whose config is another one, is refused', async () => {
    const { names, config, manifest, layer } = await testImageParts({ empty: true })
    const withoutLayer = await writeTar({ [names.config]: config, 'manifest.json': manifest })
    await expect(readImageArchive(file(withoutLayer))).rejects.toThrow(`layer ${names.layer} is missing`)
    const swapped = await writeTar({ [names.config]: '{"architecture":"x"}', [names.layer]: layer, 'manifest.json': manifest })
    await expect(readImageArchive(file(swapped))).rejects.toThrow('has another content than its name says')
  })
})
