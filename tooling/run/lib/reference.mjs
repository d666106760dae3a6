import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { bin, root, workspaceFolders } from './repository.mjs'
import { CommandError, runCommand } from './run-command.mjs'

/** The packages that have a reference: those with a `typedoc.json`. */
export const documentedPackages = () => workspaceFolders().filter((folder) => existsSync(join(root, folder, 'typedoc.json')))

/**
 * Writes a package's reference to where its `typedoc.json` says; `more` are further options of typedoc. Every warning is a failure, and
 * nothing is written then: an export without a docstring, a link that leads nowhere, a type that is shown but not exported.
 */
export async function writeReference(folder, env, more = []) {
  const args = ['--options', join(root, folder, 'typedoc.json'), ...more]
  try {
    return await runCommand(bin('typedoc'), args, { env: { ...env, NO_COLOR: '1' }, output: 'keep' })
  } catch (error) {
    throw new CommandError(`The reference of ${folder} was not written: ${error.message}`, error.output)
  }
}
