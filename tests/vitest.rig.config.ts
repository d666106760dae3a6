import { preset } from '@aicluster/vitest-preset'

/** Whole worlds on boards. Two files at a time, each with boards of its own: one may cut the link of another's. */
const test = {
  include: ['rig/**/*.test.ts'],
  globalSetup: ['./rig/two-rigs.ts'],
  maxWorkers: 2,
  // What is to happen at one moment does.
  maxConcurrency: 20,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  reporters: ['default', ['json', { outputFile: '.test-results/rig.json' }]] as ['default', ['json', { outputFile: string }]],
}

export default preset(test)
