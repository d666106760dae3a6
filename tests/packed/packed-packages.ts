import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { withoutOurNpm } from '../guides/our-npm'

const execute = promisify(execFile)
export const root = fileURLToPath(new URL('../..', import.meta.url))

export const PUBLISHED = [
  'packages/protocol',
  'packages/transport',
  'packages/host-sdk',
  'packages/container-sdk',
  'apps/cluster',
  'apps/cli',
]

/** Packs every published package by `npm run pack`; they must be built. Returns the tarballs' paths. */
export async function pack(destination: string): Promise<string[]> {
  await execute(process.execPath, [join(root, 'tooling/run/pack.mjs'), destination, '--built'], { cwd: root })
  return readdirSync(destination).map((name) => join(destination, name))
}

/** Installs tarballs with npm in an empty folder, as a user would. */
export async function installTarballs(tarballs: readonly string[], folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'a-user', private: true }))
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs]
  await execute('npm', args, { cwd: folder, env: withoutOurNpm(process.env) })
}
