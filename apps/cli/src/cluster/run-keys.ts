import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { Context } from '../context'
import { requireHere } from '../global-options'
import { endingOf, isOwnError, managerFailure, managerProgram } from './manager-program'
import { stateFolder } from './state-folder'

/**
 * Have the manager's own program look at, or change, the keys of a state folder. Whether a manager runs there does not matter.
 *
 * @returns what it says
 * @throws ManagerError with code and text of its own error
 * @throws UsageError: --endpoint or --key-file was given
 */
export async function runKeys<Result>(context: Context, words: readonly string[]): Promise<Result> {
  const { options, env } = context
  requireHere(options, 'keys are in a state folder of this machine')
  const state = stateFolder(options.state, env)
  const child = spawn(process.execPath, [managerProgram(), 'keys', '--state', state, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<string | undefined>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : endingOf(code, signal)))
  })
  const [out, err, ending] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (ending === undefined) return JSON.parse(out) as Result
  const lines = err.split('\n')
  const start = lines.findIndex(isOwnError)
  throw managerFailure(ending, start < 0 ? [] : lines.slice(start))
}
