import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { runChaos } from '../chaos/chaos-process'
import { rigMissing } from './rig-world'

const RUN_LIMIT_MS = 3 * 60_000

describeUnless(rigMissing, 'a short chaos run on boards', () => {
  it(
    'loses and doubles nothing, and leaves a cluster at rest',
    async () => {
      const { exitCode, output, result } = await runChaos('--boards', '--minutes', '0.4', '--seed', '1', '--quiet-seconds', '5')

      expect(result, output).toMatchObject({ lost: 0, duplicated: 0, wrong: 0, restGaugesZero: true, problems: [] })
      expect(exitCode).toBe(0)
      expect(result.requests).toBeGreaterThan(500)
    },
    RUN_LIMIT_MS,
  )
})
