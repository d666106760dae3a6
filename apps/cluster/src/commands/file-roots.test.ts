import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClusterConfig } from '../config/cluster-config'
import { requireProcessesAllowed } from '../control-plane/processes-allowed'
import { requireInRoots, requireSourcesInRoots } from './file-roots'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roots-'))
  mkdirSync(join(folder, 'allowed', 'inner'), { recursive: true })
  writeFileSync(join(folder, 'secret'), '')
  symlinkSync(join(folder, 'secret'), join(folder, 'allowed', 'link'))
  symlinkSync(join(folder, 'allowed'), join(folder, 'way-in'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const beyond = { transport: 'tcp', host: '10.0.0.1' }
const roots = () => [join(folder, 'allowed')]
const verdict = (config: object, path: string) =>
  requireInRoots(ClusterConfig.parse(config), [{ field: 'script_path', path: join(folder, path) }])

describe('paths that an application names', () => {
  it.each([
    ['everything while only this machine reaches the manager', () => ({}), 'secret'],
    ['what lies below a root', () => ({ file_roots: roots() }), 'allowed/inner'],
    ['what a link outside leads to below a root', () => ({ file_roots: roots() }), 'way-in/inner'],
    ['what is missing, below a root: that it is missing is said elsewhere', () => ({ file_roots: roots() }), 'allowed/none'],
  ])('are allowed: %s', async (_, config, path) => {
    await expect(verdict(config(), path)).resolves.toBeUndefined()
  })

  it.each([
    ['anything while the manager listens beyond loopback', () => ({ listen: beyond }), 'allowed/inner', /no folder is allowed/],
    ['what lies beside a root', () => ({ listen: beyond, file_roots: roots() }), 'secret', /must lie below .*allowed/],
    ['a link below a root that leads out', () => ({ file_roots: roots() }), 'allowed/link', /must lie below/],
    ['dots that lead out', () => ({ file_roots: roots() }), 'allowed/../secret', /must lie below/],
    ['a folder that only begins like a root', () => ({ file_roots: roots() }), 'allowed-too', /must lie below/],
  ])('are refused: %s', async (_, config, path, text) => {
    await expect(verdict(config(), path)).rejects.toMatchObject({ code: 302, message: expect.stringMatching(text) })
  })

  it('are not looked at where the application has sent them', async () => {
    const config = ClusterConfig.parse({ listen: beyond })
    const sources = { config: { name: 'a', script_path: '/s', copy: { From: '/c', To: 'c' } }, trees: { '/s': 'tree' } }
    await expect(requireSourcesInRoots(config, sources)).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('copy[0].From'),
    })
    await expect(requireSourcesInRoots(config, { ...sources, trees: { '/s': 'tree', '/c': 'tree' } })).resolves.toBeUndefined()
  })
})

describe('plain processes', () => {
  const program = { name: 'a', implementation_type: 'other' as const }
  const allowed = (config: object) => () => requireProcessesAllowed(ClusterConfig.parse(config), program, [{ name: 'a' }])

  it('are started while only this machine reaches the manager, and where the board says so', () => {
    expect(allowed({ boards: [{ name: 'a' }] })).not.toThrow()
    expect(allowed({ listen: beyond, boards: [{ name: 'a', processes: true }] })).not.toThrow()
  })

  it('are 302 elsewhere, with what to change', () => {
    const refusal = expect.objectContaining({ code: 302, message: expect.stringContaining('processes: true') })
    expect(allowed({ listen: beyond, boards: [{ name: 'a' }] })).toThrow(refusal)
    expect(allowed({ boards: [{ name: 'a', processes: false }] })).toThrow(refusal)
  })
})
