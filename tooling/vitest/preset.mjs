import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Tests run on source: every workspace package resolves to its `src` through the `aicluster-source` condition. */
const conditions = ['aicluster-source', 'module', 'node', 'import', 'default']

export const preset = (test = {}, moreReporters = []) =>
  defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      // A flaky test is a bug: it is never retried.
      retry: 0,
      testTimeout: 20_000,
      // zeromq is a native addon: a process per test file keeps its one context per file too.
      pool: 'forks',
      // vitest by itself leaves one core idle: half of a machine of two.
      maxWorkers: availableParallelism(),
      passWithNoTests: false,
      // The first is for the eye, the second for `npm test`, which adds up the packages' numbers.
      reporters: ['default', ['json', { outputFile: '.test-results/vitest.json' }], ...moreReporters],
      ...test,
    },
  })
