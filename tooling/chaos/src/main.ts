import { type ChaosOptions, HELP, readOptions, requireMachine } from './options'
import { asJson, complaints } from './report/chaos-report'
import { reportText } from './report/print-report'
import { ChaosRun } from './run/chaos-run'

async function options(): Promise<ChaosOptions> {
  try {
    const read = readOptions(process.argv.slice(2))
    if (read) {
      await requireMachine(read)
      return read
    }
    process.stdout.write(HELP)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`chaos: ${(error as Error).message}\n`)
    process.exit(2)
  }
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)

async function main(given: ChaosOptions): Promise<number> {
  const run = new ChaosRun(given, say)
  let stopped = false
  const stop = (exitCode: number): void => {
    if (stopped) return
    stopped = true
    void run.cleanUp().finally(() => process.exit(exitCode))
  }
  process.on('SIGINT', () => stop(130))
  process.on('SIGTERM', () => stop(143))
  process.on('SIGHUP', () => stop(129))
  // `npm run chaos` is gone, however it went.
  process.on('disconnect', () => stop(1))

  try {
    const findings = await run.run()
    process.stdout.write(reportText(findings))
    if (given.keep) say(`everything that the processes wrote is in ${run.folder}`)
    if (given.json) process.stdout.write(`${JSON.stringify(asJson(findings))}\n`)
    return complaints(findings).length === 0 ? 0 : 1
  } catch (error) {
    // What is ended on purpose fails where it stands: not worth a word.
    if (stopped) return new Promise(() => {})
    throw error
  } finally {
    if (!stopped) await run.cleanUp()
  }
}

options()
  .then(main)
  .then(
    (exitCode) => {
      process.exitCode = exitCode
      // The IPC channel of `npm run chaos` would keep us alive.
      process.removeAllListeners('disconnect')
      if (process.connected) process.disconnect()
    },
    (error: unknown) => {
      process.stderr.write(`chaos: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      process.exit(1)
    },
  )
