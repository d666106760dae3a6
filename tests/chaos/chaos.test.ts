import { describe, expect, it } from 'vitest'
import { runChaos } from './chaos-process'

const RUN_LIMIT_MS = 5 * 60_000
const SHORT_LIMIT_MS = 2 * 60_000
/** Long enough for each kind of fault to come once. */
const SHORT = ['--minutes', '0.4', '--seed', '1', '--quiet-seconds', '5']

describe('two minutes of chaos', () => {
  it(
    'lose, double and spoil nothing, and leave a cluster at rest',
    async () => {
      const { exitCode, output, result } = await runChaos('--minutes', '2', '--seed', '1')

      expect(result, output).toMatchObject({ lost: 0, duplicated: 0, wrong: 0, restGaugesZero: true, problems: [] })
      expect(exitCode).toBe(0)
      expect(result.requests).toBeGreaterThan(10_000)
      expect(result.outcomes['310']).toBeGreaterThan(0)
      expect(result.offOverRestarts).toBeGreaterThan(0)
      for (const fault of [
        'managerKilled',
        'managerStopped',
        'containerKilled',
        'applicationKilled',
        'queueDeleted',
        'distributionStopped',
        'inferenceReloaded',
        'programStopped',
        'lostRequests',
        'lostReplies',
        'doubledReplies',
      ]) {
        expect(result.faults[fault], fault).toBeGreaterThan(0)
      }
    },
    RUN_LIMIT_MS,
  )
})

describe('a chaos run of a cluster with a deliberate defect', () => {
  it(
    'that lets doubled messages through finds requests that ran twice',
    async () => {
      const { exitCode, result, output } = await runChaos(...SHORT, '--break', 'duplicates')

      expect(result.duplicated, output).toBeGreaterThan(0)
      expect(exitCode).toBe(1)
    },
    SHORT_LIMIT_MS,
  )

  it(
    'that loses credits finds a cluster that does not come to rest',
    async () => {
      const { exitCode, result, output } = await runChaos(...SHORT, '--break', 'credits')

      expect(result.problems, output).toContainEqual(expect.stringContaining('credits free'))
      expect(result.restGaugesZero).toBe(false)
      expect(exitCode).toBe(1)
    },
    SHORT_LIMIT_MS,
  )
})
