import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { fileIn } from '../guides/read-guide'
import { installTarballs, PUBLISHED, pack, root } from '../packed/packed-packages'
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
    await installTarballs(await pack(PUBLISHED, join(temporary, 'tarballs')), user)
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

  it("run the README's programs: manager, container and application are all of arm64", async () => {
    const state = join(user, 's')
    mkdirSync(state, { mode: 0o700 })
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    // Without binfmt a program of arm64 cannot be started by its name alone.
    const host = fileIn(readme, 'host.mjs').replace('[process.execPath,', `[...${JSON.stringify(words)},`)
    expect(host).toContain(qemu)
    writeFileSync(join(user, 'host.mjs'), host)
    writeFileSync(join(user, 'container.mjs'), fileIn(readme, 'container.mjs'))
    const manager = spawn(qemu, [...before, join(user, 'node_modules/@aicluster/cluster/bin/aicluster-manager.mjs'), '--state', state])
    try {
      await isReady(manager)
      const env = { ...process.env, AICLUSTER_STATE: state }
      const { stdout } = await execute(qemu, [...before, 'host.mjs'], { cwd: user, timeout: LIMIT_MS, env })
      expect(stdout).toContain("{ text: 'HELLO BOARDS!' }")
      expect(stdout).toContain('400 Unregistered InferenceName')
    } finally {
      const ended = new Promise((resolve) => manager.once('exit', resolve))
      // As `aicluster down`: containers too.
      manager.kill('SIGINT')
      await ended
    }
  })
})

/** It says so in one line of JSON. */
async function isReady(manager: ChildProcess): Promise<void> {
  let said = ''
  manager.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  if (!manager.stdout) throw new Error('the manager has no output')
  for await (const line of createInterface({ input: manager.stdout })) if (line.includes('"ready"')) return
  throw new Error(`the manager ended before it was ready: ${said.slice(-2_000)}`)
}
