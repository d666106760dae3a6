import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isCurveKey } from '@aicluster/transport'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KeyStore, sha256 } from './key-store'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const file = (name: string) => join(folder, 'keys', name)

describe('the keys of a state folder', () => {
  it('are made once and for the user alone', async () => {
    const { publicKey, secretKey } = await (await KeyStore.open(folder)).serverKeys()
    expect([publicKey, secretKey].every(isCurveKey)).toBe(true)
    expect(await (await KeyStore.open(folder)).serverKeys()).toEqual({ publicKey, secretKey })
    expect(statSync(file('server.json')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'keys')).mode & 0o777).toBe(0o700)
  })

  it('hold of a principal what is not secret', async () => {
    const store = await KeyStore.open(folder)
    const { principal, token, secretKey } = await store.add('camera', 'infer')
    expect(principal).toMatchObject({ name: 'camera', may: 'infer', token_sha256: sha256(token) })
    const { principals } = await store.read()
    expect(principals).toEqual([principal])
    expect(JSON.stringify(principals)).not.toContain(secretKey)
  })

  it('are changed by several at once without a loss, and every change shows', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `app${index}`)
    const before = await (await KeyStore.open(folder)).changedAt()
    await Promise.all(names.map(async (name) => (await KeyStore.open(folder)).add(name, 'infer')))
    const store = await KeyStore.open(folder)
    const { revision, principals } = await store.read()
    expect(principals.map(({ name }) => name).sort()).toEqual(names)
    expect(revision).toBe(10)
    expect(await store.changedAt()).not.toBe(before)
  })

  it.each([
    ['a name that is none', 'a b', /must be/],
    ['the name of this machine', 'Local', /take another/],
    ['a taken name', 'CAMERA', /is taken/],
  ])('refuse %s with 302', async (_, name, text) => {
    const store = await KeyStore.open(folder)
    await store.add('camera', 'infer')
    await expect(store.add(name, 'infer')).rejects.toMatchObject({ code: 302, message: expect.stringMatching(text) })
  })

  it('know a revoked key no more; its name is free, and is somebody else then', async () => {
    const store = await KeyStore.open(folder)
    const { principal } = await store.add('camera', 'infer')
    await store.revoke('camera')
    expect((await store.read()).principals).toEqual([])
    await expect(store.revoke('camera')).rejects.toMatchObject({ code: 302, message: expect.stringContaining("nobody's key") })
    expect((await store.add('camera', 'infer')).principal.id).not.toBe(principal.id)
  })

  it('say which file is damaged, and change nothing', async () => {
    const store = await KeyStore.open(folder)
    writeFileSync(file('principals.json'), '{"version": 1}')
    await expect(store.add('camera', 'infer')).rejects.toThrow(/principals\.json is damaged/)
  })

  it('are not held for ever by a command that was killed', async () => {
    const store = await KeyStore.open(folder)
    writeFileSync(file('lock'), JSON.stringify({ pid: 4_194_304, startTime: '1' }))
    await expect(store.add('camera', 'infer')).resolves.toBeDefined()
  })
})
