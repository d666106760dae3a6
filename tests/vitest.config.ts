import { preset } from '@aicluster/vitest-preset'

/** Whole worlds: real processes, so two files at a time (they wait more than they work) and time enough for a slow machine. */
const test = {
  include: ['**/*.test.ts'],
  // Those on boards and those of another machine have configurations of their own.
  exclude: ['**/node_modules/**', 'rig/**', 'arm64/**'],
  maxWorkers: 2,
  testTimeout: 60_000,
  hookTimeout: 60_000,
}

export default preset(test, ['./conformance/reporter.ts'])
