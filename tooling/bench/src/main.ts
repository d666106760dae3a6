import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Measurement } from './measure'
import { type BenchOptions, HELP, readOptions } from './options'
import { type CaseReport, describeRun, reportCase, table } from './report'

function options(): BenchOptions {
  try {
    const read = readOptions(process.argv.slice(2))
    if (read) return read
    process.stdout.write(HELP)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`)
    process.exit(2)
  }
}

/** Shows what goes on, where somebody looks on. */
function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[2K${line}`)
}

async function run(given: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'aicluster-bench-'))
  const measurement = new Measurement(given, folder, showProgress)
  const cleanUp = async (): Promise<void> => {
    await measurement.end()
    rmSync(folder, { recursive: true, force: true })
    showProgress('')
  }
  let stopped = false
  const stop = (exitCode: number): void => {
    if (stopped) return
    stopped = true
    void cleanUp().finally(() => process.exit(exitCode))
  }
  process.on('SIGINT', () => stop(130))
  process.on('SIGTERM', () => stop(143))
  process.on('SIGHUP', () => stop(129))
  // `npm run bench` is gone, however it went.
  process.on('disconnect', () => stop(1))

  const reports: CaseReport[] = []
  try {
    for (const load of given.cases) reports.push(reportCase(await measurement.run(load)))
  } catch (error) {
    // What is ended on purpose fails where it stands: not worth a word.
    if (stopped) return
    throw error
  } finally {
    if (!stopped) await cleanUp()
  }
  const about = describeRun(given)
  const { transport, containers, credits, rounds, seconds, node, machine } = about
  process.stdout.write(
    `${transport}, ${containers} container${containers > 1 ? 's' : ''} with ${credits} credits, ${rounds} rounds of ${seconds} s, Node ${node}, ${machine}\n`,
  )
  process.stdout.write(
    `app, manager, container: CPU us/request; requests/s, p50, p99, CPU, shares: medians of the rounds\n\n${table(reports)}\n`,
  )
  if (given.json) process.stdout.write(`${JSON.stringify({ ...about, cases: reports })}\n`)
}

run(options()).then(
  () => {
    // The IPC channel of `npm run bench` would keep us alive.
    if (process.connected) process.disconnect()
  },
  (error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
