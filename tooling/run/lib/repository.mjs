import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's folder. */
export const root = fileURLToPath(new URL('../../../', import.meta.url)).replace(/[/\\]$/, '')

/** What these programs remember between runs; gone when someone deletes node_modules, as it should be. */
export const memory = join(root, 'node_modules', '.aicluster')

/** A program that one of the root's dependencies brought. */
export const bin = (name) => join(root, 'node_modules', '.bin', name)

/** The pnpm that package.json asks for: '10.34.8'. */
export function pnpmVersion() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const version = /^pnpm@(\d+\.\d+\.\d+)/.exec(packageManager)?.[1]
  if (version === undefined) throw new Error(`package.json: packageManager must be "pnpm@x.y.z", it is "${packageManager}".`)
  return version
}

/** Every workspace folder, relative to the root, as pnpm-workspace.yaml lists them: plain folders and `folder/*`. */
export function workspaceFolders() {
  const yaml = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const patterns = [...(/^packages:\n((?: +- .+\n)+)/m.exec(yaml)?.[1] ?? '').matchAll(/- ['"]?([^'"\n]+?)['"]?\n/g)].map(
    (match) => match[1],
  )
  if (patterns.length === 0) throw new Error('pnpm-workspace.yaml: found no list "packages:"; it must come as lines "  - folder/*".')
  return patterns
    .flatMap((pattern) => (pattern.endsWith('/*') ? subfolders(pattern.slice(0, -2)) : [pattern]))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort()
}

const subfolders = (parent) => (existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`) : [])
