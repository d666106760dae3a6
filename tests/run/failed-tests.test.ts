import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

type Test = { ancestorTitles: string[]; title: string; status: string; failureMessages: string[] }
type File = { name: string; status: string; message: string; assertionResults: Test[] }
type Module = { failedTests(file: File): string[]; failureLines(failures: string[]): string[] }

// Plain JavaScript without types: these programs run before anything is installed.
const { failedTests, failureLines } = (await import(new URL('../../tooling/run/lib/failed-tests.mjs', import.meta.url).href)) as Module

const PATH = 'apps/cli/src/cli.test.ts'
const file = (status: string, message: string, ...assertionResults: Test[]): File => ({
  name: fileURLToPath(new URL(`../../${PATH}`, import.meta.url)),
  status,
  message,
  assertionResults,
})
const passed: Test = { ancestorTitles: ['help'], title: 'is shown', status: 'passed', failureMessages: [] }
const failed = (...failureMessages: string[]): Test => ({
  ancestorTitles: ['help', 'of a command'],
  title: 'names it',
  status: 'failed',
  failureMessages,
})

describe('what npm test says of a failure', () => {
  it('is the file from the root, the suites, the test and the first line of the message', () => {
    const message = 'AssertionError: expected 1 to be 2\n    at cli.test.ts:7:3'
    expect(failedTests(file('failed', '', passed, failed(message)))).toEqual([
      `${PATH} > help > of a command > names it: AssertionError: expected 1 to be 2`,
    ])
  })

  it('is the file and why, where it could not be loaded', () => {
    expect(failedTests(file('failed', "Cannot find module './x'\nRequire stack:"))).toEqual([`${PATH}: Cannot find module './x'`])
  })

  it('is the file alone where vitest keeps the reason to itself, as for a hook that threw', () => {
    expect(failedTests(file('failed', '', { ...passed, status: 'skipped' }))).toEqual([`${PATH}: see the log above`])
  })

  it('is one line without colours, however long the message', () => {
    const lines = failedTests(file('failed', '', failed(`\u001B[31m${'x'.repeat(10_000)}\u001B[39m\r\nmore`)))
    expect(lines).toEqual([`${PATH} > help > of a command > names it: ${'x'.repeat(300)}…`])
  })

  it('is nothing when all went well', () => {
    expect(failedTests(file('passed', '', passed))).toEqual([])
  })
})

describe('the end of the log', () => {
  const failures = (count: number): string[] => Array.from({ length: count }, (_, index) => `test ${index + 1}`)

  it('has a line for each of twenty failures', () => {
    const lines = failureLines(failures(20))
    expect(lines).toHaveLength(20)
    expect([lines[0], lines.at(-1)]).toEqual(['FAILED     test 1', 'FAILED     test 20'])
  })

  it('counts those beyond twenty', () => {
    expect(failureLines(failures(23)).slice(-2)).toEqual(['FAILED     test 20', '... and 3 more'])
  })
})
