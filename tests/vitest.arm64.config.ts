import { preset } from '@aicluster/vitest-preset'

/** What is published and built for arm64, run by an emulator: ten times slower than the machine is. */
const test = {
  include: ['arm64/**/*.test.ts'],
  globalSetup: ['./arm64/setup.ts'],
  fileParallelism: false,
  testTimeout: 240_000,
  hookTimeout: 300_000,
}

export default preset(test)
