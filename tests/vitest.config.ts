import { fileURLToPath } from 'node:url'
import { preset } from '@aicluster/vitest-preset'
import { longestFirst } from '@aicluster/vitest-preset/longest-first'

/** What takes more than half a minute, the longest first. */
const LONGEST = [
  'chaos/chaos.test.ts',
  'packed/packed.test.ts',
  'guides/guides.test.ts',
  'python/python-sessions.test.ts',
  'demo/demo.test.ts',
  'worlds/manager-death.test.ts',
  'cli/manage.test.ts',
]

/** Whole worlds: real processes, so three files at a time (they wait more than they work) and time enough for a slow machine. */
const test = {
  include: ['**/*.test.ts'],
  // Those on boards and those of another machine have configurations of their own.
  exclude: ['**/node_modules/**', 'rig/**', 'arm64/**'],
  maxWorkers: 3,
  sequence: { sequencer: longestFirst(fileURLToPath(new URL('.', import.meta.url)), LONGEST) },
  testTimeout: 60_000,
  hookTimeout: 60_000,
}

export default preset(test, ['./conformance/reporter.ts'])
