import type { Reporter, TestModule, Vitest } from 'vitest/node'
import { ERROR_ROWS, titleOf } from './error-table'
import { ROWS_ON_BOARDS } from './on-boards'

const BY_WHAT = 'they need boards: "npm run conformance" brings them up, and so does the step "rig" of "npm test"'

/** Says last how many rows of the table of errors a run has proven, and why others wait. Silent where none was asked for. */
export default class ConformanceReporter implements Reporter {
  private vitest: Vitest | undefined

  onInit(vitest: Vitest): void {
    this.vitest = vitest
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules.flatMap(({ children }) => [...children.allTests()]).filter((test) => test.meta().errorRow !== undefined)
    if (rows.length === 0) return
    const reason = this.boardsMissing()
    if (reason !== undefined) {
      console.log(`errors: ${ROWS_ON_BOARDS.length} rows wait (${reason}):`)
      for (const row of ROWS_ON_BOARDS) console.log(`  ${titleOf(row)}`)
    }
    const proven = rows.filter((test) => test.result().state === 'passed')
    console.log(`errors: ${proven.length} of ${ERROR_ROWS.length} rows proven`)
  }

  /** Why this run has no boards; undefined: it has them. */
  private boardsMissing(): string | undefined {
    const { sharedRigs } = this.vitest?.getRootProject().getProvidedContext() ?? {}
    if (sharedRigs === undefined) return BY_WHAT
    return 'missing' in sharedRigs ? sharedRigs.missing : undefined
  }
}
