import type { Reporter, TestModule } from 'vitest/node'
import { ERROR_ROWS, titleOf } from './error-table'
import { waitingRows } from './waiting'

/** Says last how many rows of the table of errors a run has proven, and why the others wait. Silent where none was asked for. */
export default class ConformanceReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules.flatMap(({ children }) => [...children.allTests()]).filter((test) => test.meta().errorRow !== undefined)
    if (rows.length === 0) return
    for (const { reason, rows: waiting } of waitingRows()) {
      console.log(`errors: ${waiting.length} rows wait (${reason}):`)
      for (const row of waiting) console.log(`  ${titleOf(row)}`)
    }
    const proven = rows.filter((test) => test.result().state === 'passed')
    console.log(`errors: ${proven.length} of ${ERROR_ROWS.length} rows proven`)
  }
}
