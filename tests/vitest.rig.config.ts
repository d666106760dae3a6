import { preset } from '@aicluster/vitest-preset'

/** Whole worlds on boards. One file at a time: they share the boards, and one may cut the link of another's. */
const test = {
  include: ['rig/**/*.test.ts'],
  globalSetup: ['./rig/shared-rig.ts'],
  fileParallelism: false,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  reporters: ['default', ['json', { outputFile: '.test-results/rig.json' }]] as ['default', ['json', { outputFile: string }]],
}

export default preset(test)
