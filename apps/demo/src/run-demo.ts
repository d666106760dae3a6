import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AIClusterError } from '@aicluster/host-sdk'
import { failureText } from './failure-text'
import { ManagerProcess } from './manager-process'
import type { DemoCommand, Options } from './options'
import { optionsOrExit } from './options-or-exit'
import { RunFolder } from './run-folder'
import { say } from './say'
import { listenForStopOrders, StopOrder } from './stop-orders'

/** What every run keeps while it lasts. */
const RUNS = new URL('../.demo/', import.meta.url)
/** A connection that goes may be the first sign of a manager that has gone: so long, in ms, we wait to hear that. */
const LAST_NEWS_MS = 1_000
const EXIT_FAILURE = 1

/** What one of our demos is, beside what all of them do. */
export interface Demo {
  /** What it was started by: `npm run COMMAND`. */
  command: DemoCommand
  /** What is started: the end of a sentence. */
  starting: string
  /** The manager's configuration; left out: its own. */
  config?: Record<string, unknown>
  /** @returns whether everything was as it should be */
  work(manager: ManagerProcess, options: Options, signal: AbortSignal): Promise<boolean>
}

/** Starts a manager, works with it, stops everything that it started, and ends this process with the demo's exit code. */
export async function runDemo(demo: Demo): Promise<never> {
  process.exit(await run(optionsOrExit(demo.command), demo))
}

async function run(options: Options, { starting, config, work }: Demo): Promise<number> {
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
    say(`Starting the cluster manager: ${starting} ...`)
    manager = new ManagerProcess(folder.path, config && configFile(folder.path, config))
    manager.onUnexpectedEnd = (error) => end.abort(error)
    return (await work(manager, options, end.signal)) ? 0 : EXIT_FAILURE
  } catch (error) {
    if (error instanceof AIClusterError) await manager?.endsWithin(LAST_NEWS_MS)
    return explain(end.signal.aborted ? end.signal.reason : error)
  } finally {
    await manager?.stop()
    folder.remove()
  }
}

/** JSON is YAML. */
function configFile(folder: string, config: Record<string, unknown>): string {
  const file = join(folder, 'cluster.yaml')
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
  return file
}

/** Says what went wrong. @returns the exit code */
function explain(error: unknown): number {
  if (error instanceof StopOrder) return error.exitCode
  say(`FAILED: ${failureText(error)}`)
  return EXIT_FAILURE
}
