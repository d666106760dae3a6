import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, workspaceFolders } from './repository.mjs'
import { CommandError, runCommand } from './run-command.mjs'

/** Every package that is published: those that are not private. */
const publishedFolders = () =>
  workspaceFolders().filter((folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).private !== true)

/**
 * Packs every published package, which is built, as it would be published.
 * @param destination - absolute; made where it is not there; refused when it holds anything but packages
 */
export async function packInto(destination, env) {
  mkdirSync(destination, { recursive: true })
  if (readdirSync(destination).some((name) => !name.endsWith('.tgz'))) {
    throw new CommandError(`${destination} holds other things than packages: give a folder for them alone.`)
  }
  for (const folder of publishedFolders()) {
    await runCommand('pnpm', ['--dir', join(root, folder), 'pack', '--pack-destination', destination], { env, output: 'keep' })
  }
}
