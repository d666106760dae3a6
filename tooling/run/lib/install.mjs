import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentWithPnpm } from './pnpm-path.mjs'
import { memory, pnpmVersion, root, workspaceFolders } from './repository.mjs'
import { CommandError, runCommand } from './run-command.mjs'
import { say, seconds } from './say.mjs'

const stampFile = join(memory, 'install-stamp')

/** Installs the dependencies unless they are already what the lockfile says. Returns the environment that has pnpm. */
export async function install() {
  const stamp = currentStamp()
  const done = isInstalled() && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
  const env = environmentWithPnpm()
  if (done) return env
  const started = Date.now()
  say('Installing the dependencies (the first time about 200 MB to download: seconds to a few minutes, by your network) ...')
  try {
    // NODE_ENV=production would leave out what builds and tests need.
    const { NODE_ENV: _, ...rest } = env
    await runCommand('pnpm', ['install', ...(process.env.CI ? ['--frozen-lockfile'] : [])], { env: rest })
  } catch (error) {
    throw new CommandError(
      `The dependencies could not be installed: ${error.message}\nThe lines above say why. Without a network nothing can be downloaded; ` +
        'if the lockfile is out of date, run "npm run pnpm -- install" and commit pnpm-lock.yaml.',
    )
  }
  mkdirSync(memory, { recursive: true })
  // The install may have written the lockfile, so the stamp is taken again.
  writeFileSync(stampFile, currentStamp())
  say(`Installed in ${seconds(started)}.`)
  return env
}

function currentStamp() {
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch} pnpm ${pnpmVersion()}\n`)
  const files = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    '.npmrc',
    'package.json',
    ...workspaceFolders().map((folder) => `${folder}/package.json`),
  ]
  for (const file of files) {
    hash.update(`${file}\n`)
    if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

/** A stamp proves nothing once somebody has deleted one package's node_modules. */
const isInstalled = () => workspaceFolders().every((folder) => !hasDependencies(folder) || existsSync(join(root, folder, 'node_modules')))

function hasDependencies(folder) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  return Object.keys({ ...dependencies, ...devDependencies }).length > 0
}
