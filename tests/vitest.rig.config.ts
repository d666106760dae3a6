import { preset } from '@aicluster/vitest-preset'

/** Whole worlds on boards. One file at a time: they share the boards, and one may cut the link of another's. */
const test = {
  include: ['rig/**/*.test.ts'],
  globalSetup: ['./rig/shared-rig.ts'],
  fileParallelism: false,
  // What is to happen at one moment does.
  maxConcurrency: 20,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  reporters: ['default', ['json', { outputFile: '.test-results/rig.json' }]] as ['default', ['json', { outputFile: string }]],
}

export default preset(test)
