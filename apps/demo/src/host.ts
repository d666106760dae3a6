/** The demo: starts a cluster, has it read handwritten digits, and stops everything it started. */

import { AIClusterError } from '@aicluster/host-sdk'
import { ManagerError, ManagerProcess } from './manager-process'
import { HELP, OptionError, type Options, readOptions } from './options'
import { readDigits } from './read-digits'
import { RunFolder } from './run-folder'
import { say } from './say'
import { listenForStopOrders, StopOrder } from './stop-orders'

/** What every run keeps while it lasts. */
const RUNS = new URL('../.demo/', import.meta.url)
/** A connection that goes may be the first sign of a manager that has gone: so long, in ms, we wait to hear that. */
const LAST_NEWS_MS = 1_000
const EXIT_FAILURE = 1
const EXIT_WRONG_OPTIONS = 2

function optionsOrExit(): Options {
  try {
    const options = readOptions(process.argv.slice(2))
    if (!options.help) return options
    process.stdout.write(HELP)
    process.exit(0)
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    say(`demo: ${error.message}\nTry: npm run demo -- --help`)
    process.exit(EXIT_WRONG_OPTIONS)
  }
}

/** @returns the exit code */
async function run(options: Options): Promise<number> {
  const end = new AbortController()
  let manager: ManagerProcess | undefined
  listenForStopOrders({
    onFirst: (order) => {
      say(`\nStopping: ${order.message}`)
      end.abort(order)
    },
    onAgain: () => manager?.hurry(),
  })
  const folder = RunFolder.create(RUNS)
  try {
    say('Starting the cluster manager: two boards on this machine ...')
    manager = new ManagerProcess(folder.path)
    manager.onUnexpectedEnd = (error) => end.abort(error)
    return (await readDigits(manager, options, end.signal)) ? 0 : EXIT_FAILURE
  } catch (error) {
    if (error instanceof AIClusterError) await manager?.endsWithin(LAST_NEWS_MS)
    return explain(end.signal.aborted ? end.signal.reason : error)
  } finally {
    await manager?.stop()
    folder.remove()
  }
}

/** Says what went wrong. @returns the exit code */
function explain(error: unknown): number {
  if (error instanceof StopOrder) return error.exitCode
  if (error instanceof AIClusterError) say(`FAILED: ${error.name} [${error.code}]: ${error.message}`)
  else if (error instanceof ManagerError) say(`FAILED: ${error.message}`)
  else say(`FAILED: ${error instanceof Error ? error.stack : String(error)}`)
  return EXIT_FAILURE
}

process.exit(await run(optionsOrExit()))
