import { preset } from '@aicluster/vitest-preset'

/** Whole worlds: real processes, so one file at a time and time enough for a slow machine. */
const test = { include: ['**/*.test.ts'], fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000 }

export default preset(test, ['./conformance/reporter.ts'])
