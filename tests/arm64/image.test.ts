import { execFile } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { nodeImage } from '@aicluster/rig'
import { tempFolder } from '@aicluster/testing'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, inject, it } from 'vitest'
import { CliWorld, DIGIT } from '../cli/aicluster'
import { ARM64_ROOT, emulated, emulatedRoot } from './emulated'

const execute = promisify(execFile)
const demo = (path: string): string => fileURLToPath(new URL(`../../apps/demo/${path}`, import.meta.url))
const PROGRAM = '/opt/digits/container.js'
const arm64 = inject('arm64')

describeUnless('missing' in arm64 ? arm64.missing : undefined, "the demo's image for arm64", () => {
  it('is of arm64 throughout, and reads a digit for a manager of this machine', async () => {
    const node = 'node' in arm64 ? arm64.node : ''
    await using folder = await tempFolder()
    const machine = { architecture: 'arm64', node, libraries: join(ARM64_ROOT, 'lib') } as const
    const files = [{ from: demo('dist/container.js'), to: PROGRAM }]
    const { file, tag } = await nodeImage(
      { onnx: true, tag: 'aicluster-digits:1', files, machine },
      { folder: join(folder.path, 'images') },
    )

    const image = join(folder.path, 'image')
    const content = join(folder.path, 'content')
    mkdirSync(image)
    mkdirSync(content)
    await execute('tar', ['-xf', file, '-C', image])
    const [manifest] = JSON.parse(readFileSync(join(image, 'manifest.json'), 'utf8'))
    expect(manifest.RepoTags).toEqual([tag])
    expect(JSON.parse(readFileSync(join(image, manifest.Config), 'utf8'))).toMatchObject({ architecture: 'arm64', os: 'linux' })
    for (const layer of manifest.Layers) await execute('tar', ['-xf', join(image, layer), '-C', content])
    const programs = machinesBelow(content)
    expect(Object.keys(programs).length).toBeGreaterThan(8)
    expect(Object.entries(programs).filter(([, machine]) => machine !== AARCH64)).toEqual([])

    await using world = await CliWorld.open()
    expect((await world.run(['up', '--detach'])).exitCode).toBe(0)
    const config = {
      name: 'digits',
      implementation_type: 'other',
      run_command: [...emulated(join(content, 'usr/local/bin/node'), emulatedRoot(content)), join(content, PROGRAM)],
      copy: { From: demo('digits/digits.onnx'), To: 'digits.onnx' },
    }
    const loaded = await world.run(['load', world.file('digits.json', JSON.stringify(config)), '--board', 'board1'])
    expect(loaded.stdout, loaded.stderr).toBe('Loaded digits on board1.\n')
    const { value } = await world.json('infer', 'digits', DIGIT)
    expect(value.results).toMatchObject([{ result: { digit: 7 } }])
    await world.run(['down'])
  })
})

/** As ELF numbers it. */
const AARCH64 = 183

/** Every program and library below a folder, and the kind of machine that it is for. */
function machinesBelow(folder: string): Record<string, number> {
  const found: Record<string, number> = {}
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const header = Buffer.alloc(20)
    const handle = openSync(path, 'r')
    readSync(handle, header, 0, header.length, 0)
    closeSync(handle)
    if (header.subarray(0, 4).toString('latin1') === '\x7fELF') found[path] = header.readUInt16LE(18)
  }
  return found
}
