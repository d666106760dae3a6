import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileIn } from '../guides/read-guide'
import { guides, runGuide } from '../guides/run-guide'
import { startManager, stateOf } from './packed-manager'
import { installTarballs, PUBLISHED, pack, root } from './packed-packages'
import { toCommonJs } from './to-commonjs'

const execute = promisify(execFile)
const INSTALL_LIMIT_MS = 240_000
const GUIDE_LIMIT_MS = 240_000

describe('the published packages, installed from their tarballs', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'aicluster-packed-'))
  const user = join(temporary, 'user')

  beforeAll(async () => {
    await installTarballs(await pack(join(temporary, 'tarballs')), user)
  }, INSTALL_LIMIT_MS)
  afterAll(() => rmSync(temporary, { recursive: true, force: true }))

  it.each(PUBLISHED)('%s names no source and no workspace', (folder) => {
    const name = `@aicluster/${folder.replace(/^.*\//, '')}`
    const manifest = readFileSync(join(user, 'node_modules', name, 'package.json'), 'utf8')
    expect(manifest).not.toMatch(/aicluster-source|workspace:|catalog:/)
  })

  it.each([
    ['import', 'mjs', (program: string) => program],
    ['require', 'cjs', toCommonJs],
  ])("runs the README's programs with %s", async (_how, extension, rewrite) => {
    // A folder for each kind: the manager's state of one run is no part of the other.
    const folder = join(temporary, extension)
    mkdirSync(folder)
    symlinkSync(join(user, 'node_modules'), join(folder, 'node_modules'))
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    for (const name of ['host', 'container']) {
      writeFileSync(join(folder, `${name}.${extension}`), rewrite(fileIn(readme, `${name}.mjs`)))
    }
    await using _manager = await startManager(folder)
    const env = { ...process.env, AICLUSTER_STATE: stateOf(folder) }
    const { stdout } = await execute(process.execPath, [`host.${extension}`], { cwd: folder, timeout: 40_000, env })
    expect(stdout).toContain("{ text: 'HELLO BOARDS!' }")
    expect(stdout).toMatch(/request \d+ took [\d.]+ ms/)
    expect(stdout).toContain('400 Unregistered InferenceName')
  })
  it.each(guides)(
    'does and prints what %s says',
    async (guide) => {
      const folder = join(temporary, guide.replace(/\.md$/, ''))
      mkdirSync(folder)
      symlinkSync(join(user, 'node_modules'), join(folder, 'node_modules'))
      await runGuide(guide, folder)
    },
    GUIDE_LIMIT_MS,
  )
})
