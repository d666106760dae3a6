import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const LIMIT_MS = 40_000

/** Starts a cluster in `folder` as a user does, with the installed `aicluster` command; disposing ends it, containers included. */
export async function startManager(folder: string): Promise<AsyncDisposable> {
  const aicluster = (...args: string[]) =>
    execute(join(folder, 'node_modules/.bin/aicluster'), ['--state', stateOf(folder), ...args], { cwd: folder, timeout: LIMIT_MS })
  await aicluster('up', '--detach')
  return {
    async [Symbol.asyncDispose]() {
      await aicluster('down')
    },
  }
}

/** The manager's state folder: the host program finds the manager by it. */
export const stateOf = (folder: string): string => join(folder, 'state')
