import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { DemoRun } from '../demo/demo-run'
import { rigMissing } from './rig-world'

const NOTICED_WITHIN_MS = 4_000
const DEMO_LIMIT_MS = 180_000

describeUnless(rigMissing, 'the demo on boards', () => {
  it(
    'goes on while a board is cut off, and has it back',
    async () => {
      await using demo = new DemoRun(['--json'], 'tooling/rig/dist/demo-boards.js')
      expect(await demo.ended, demo.stderr).toEqual({ code: 0, signal: null })
      const summary = JSON.parse(demo.stdout)
      expect(summary).toMatchObject({ lost: 0, errors: 0, cutBoard: 'board2' })
      expect(Object.keys(summary.boards)).toEqual(['board1', 'board2', 'board3'])
      expect(Object.values(summary.boards).reduce((sum: number, count) => sum + (count as number), 0)).toBe(summary.requests)
      expect(summary.accuracy).toBeGreaterThanOrEqual(0.95)
      expect(summary.noticedMs).toBeLessThan(NOTICED_WITHIN_MS)
      expect(summary.recoveredMs).toBeGreaterThan(0)
    },
    DEMO_LIMIT_MS,
  )
})
