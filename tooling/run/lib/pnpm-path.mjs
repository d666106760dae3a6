import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { memory, pnpmVersion, root } from './repository.mjs'
import { CommandError } from './run-command.mjs'
import { say } from './say.mjs'

const remembered = join(memory, 'pnpm-folder.json')

/**
 * The environment in which `pnpm` is the version that package.json asks for (turbo calls it by name).
 * A matching pnpm on PATH is used as it is; otherwise npx brings one into npm's cache. Nothing is installed globally.
 */
export function environmentWithPnpm() {
  const version = pnpmVersion()
  const folder = recall(version) ?? (isOnPath(version) ? undefined : bring(version))
  return { ...process.env, PATH: [folder, process.env.PATH].filter(Boolean).join(delimiter), COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' }
}

function recall(version) {
  if (!existsSync(remembered)) return undefined
  const known = JSON.parse(readFileSync(remembered, 'utf8'))
  return known.version === version && existsSync(join(known.folder, 'pnpm')) ? known.folder : undefined
}

function isOnPath(version) {
  if (folderOnPath(process.env.PATH) === undefined) return false
  const found = ask('pnpm', ['--version'])
  return found.status === 0 && major(found.stdout) === major(version)
}

function bring(version) {
  say(`Bringing pnpm ${version} with npx (about 5 MB to download, once) ...`)
  const npx = ask('npx', ['--yes', `--package=pnpm@${version}`, '--', 'node', '-p', 'process.env.PATH'])
  const folder = npx.status === 0 ? folderOnPath(npx.stdout.trim()) : undefined
  if (folder === undefined) {
    const why = npx.error?.message ?? npx.stderr.trim()
    throw new CommandError(
      `npx could not bring pnpm ${version}: check the network and npm's registry setting, or install pnpm ${version} yourself.\n${why}`,
    )
  }
  mkdirSync(memory, { recursive: true })
  writeFileSync(remembered, JSON.stringify({ version, folder }))
  return folder
}

const ask = (command, args) =>
  spawnSync(command, args, { cwd: root, encoding: 'utf8', env: { ...process.env, COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' }, timeout: 300_000 })

const major = (version) => Number.parseInt(version, 10)

const folderOnPath = (path) => (path ?? '').split(delimiter).find((folder) => folder !== '' && existsSync(join(folder, 'pnpm')))
