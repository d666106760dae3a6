import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Gives `folder` the built packages of this workspace, as if they were installed there, and the `aicluster` command. */
export function linkWorkspacePackages(folder: string): void {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@aicluster'), { recursive: true })
  mkdirSync(join(modules, '.bin'))
  for (const name of ['host-sdk', 'container-sdk']) symlinkSync(join(root, 'packages', name), join(modules, '@aicluster', name))
  symlinkSync(join(root, 'apps/cli'), join(modules, '@aicluster/cli'))
  symlinkSync('../@aicluster/cli/bin/aicluster.mjs', join(modules, '.bin/aicluster'))
}
