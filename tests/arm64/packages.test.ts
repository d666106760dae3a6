import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { fileIn } from '../guides/read-guide'
import { startManager, stateOf } from '../packed/packed-manager'
import { installTarballs, pack, root } from '../packed/packed-packages'
import { emulated } from './emulated'

const execute = promisify(execFile)
const LIMIT_MS = 120_000
const arm64 = inject('arm64')

describeUnless('missing' in arm64 ? arm64.missing : undefined, 'the published packages on arm64', () => {
  const words = emulated('node' in arm64 ? arm64.node : '')
  const [qemu, ...before] = words as [string, ...string[]]
  const temporary = mkdtempSync(join(tmpdir(), 'aic-arm64-'))
  const user = join(temporary, 'user')
  const run = (...args: string[]) => execute(qemu, [...before, ...args], { cwd: user, timeout: LIMIT_MS })

  beforeAll(async () => {
    await installTarballs(await pack(join(temporary, 'tarballs')), user)
  })
  afterAll(() => rmSync(temporary, { recursive: true, force: true }))

  it.each([
    ['host-sdk', 'AICluster'],
    ['container-sdk', 'Connector'],
  ])('%s is imported and required, and finds its addon', async (name, exported) => {
    const show = `console.log(process.arch, typeof sdk.${exported})`
    const imported = await run('--input-type=module', '-e', `import * as sdk from '@aicluster/${name}'; ${show}`)
    const required = await run('-e', `const sdk = require('@aicluster/${name}'); ${show}`)
    expect([imported.stdout, required.stdout]).toEqual(['arm64 function\n', 'arm64 function\n'])
  })

  it("run the README's programs: container and application are of arm64, the manager is this machine's", async () => {
    await using _manager = await startManager(user)
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    // Without binfmt a program of arm64 cannot be started by its name alone.
    const host = fileIn(readme, 'host.mjs').replace('[process.execPath,', `[...${JSON.stringify(words)},`)
    expect(host).toContain(qemu)
    writeFileSync(join(user, 'host.mjs'), host)
    writeFileSync(join(user, 'container.mjs'), fileIn(readme, 'container.mjs'))
    const env = { ...process.env, AICLUSTER_STATE: stateOf(user) }
    const { stdout } = await execute(qemu, [...before, 'host.mjs'], { cwd: user, timeout: LIMIT_MS, env })
    expect(stdout).toContain("{ text: 'HELLO BOARDS!' }")
    expect(stdout).toContain('400 Unregistered InferenceName')
  })
})
