import { preset } from '@aicluster/vitest-preset'

/** The whole table of errors: the rows that need boards beside those that do not. */
const test = {
  include: ['conformance/**/*.test.ts', 'rig/errors.test.ts'],
  globalSetup: ['./rig/shared-rig.ts'],
  maxWorkers: 2,
  maxConcurrency: 20,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // Its last line says how many rows are proven: no report of other tests follows it.
  reporters: ['default', './conformance/reporter.ts'],
}

export default preset(test)
