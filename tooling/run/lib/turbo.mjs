import { bin } from './repository.mjs'
import { CommandError, runCommand } from './run-command.mjs'
import { progress } from './say.mjs'

/** Nothing is sent anywhere, and nothing is written outside the repository. */
const quiet = { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1' }

/** Runs turbo tasks; `options` are runCommand's. */
export const turbo = (args, env, options = {}) =>
  runCommand(bin('turbo'), ['run', ...args, '--cache-dir=.turbo/cache', '--ui=stream'], { env: { ...env, ...quiet }, ...options })

/** Builds one package and what it needs, and shows nothing but that it goes on, unless it fails. */
export async function buildQuietly(packageName, env) {
  const done = progress(`Building ${packageName}`)
  try {
    await turbo(['build', `--filter=${packageName}...`], env, { output: 'keep' })
  } catch (error) {
    throw new CommandError(`Building ${packageName} failed: ${error.message} "npm run build" shows it alone.`, error.output)
  } finally {
    done()
  }
}
