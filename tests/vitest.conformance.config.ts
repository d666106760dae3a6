import { preset } from '@aicluster/vitest-preset'
import rig from './vitest.rig.config'

/** The whole table of errors: the rows that need boards beside those that do not. */
const test = {
  ...rig.test,
  include: ['conformance/**/*.test.ts', 'rig/errors.test.ts'],
  fileParallelism: true,
  maxWorkers: 2,
  // Its last line says how many rows are proven: no report of other tests follows it.
  reporters: ['default', './conformance/reporter.ts'],
}

export default preset(test)
