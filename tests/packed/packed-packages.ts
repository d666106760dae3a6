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

/** Packs these packages as they would be published; they must be built. Returns the tarballs' paths. */
export async function pack(packages: readonly string[], destination: string): Promise<string[]> {
  mkdirSync(destination, { recursive: true })
  for (const folder of packages) {
    const args = [join(root, 'tooling/run/pnpm.mjs'), '--dir', join(root, folder), 'pack', '--pack-destination', destination]
    await execute(process.execPath, args, { cwd: root })
  }
  return readdirSync(destination).map((name) => join(destination, name))
}

/** Installs tarballs with npm in an empty folder, as a user would. */
export async function installTarballs(tarballs: readonly string[], folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'a-user', private: true }))
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs]
  await execute('npm', args, { cwd: folder, env: withoutOurNpm(process.env) })
}
