import { Rig } from '@aicluster/rig'
import { eventually } from '@aicluster/testing'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { DemoRun } from '../demo/demo-run'
import { rigMissing } from './rig-world'

const PROGRAM = 'tooling/rig/dist/demo-boards.js'
const NOTICED_WITHIN_MS = 4_000
/** The manager tries a board that was away every 10 s at least. */
const RECOVERED_WITHIN_MS = 15_000
const DEMO_LIMIT_MS = 180_000

/** The boards of a run, as it has named them. */
function rigOf({ stderr }: DemoRun): Rig {
  const subnet = /board1 at (\d+\.\d+\.\d+)\./.exec(stderr)?.[1]
  if (subnet === undefined) throw new Error(`the demo has not named its boards: ${stderr}`)
  return new Rig({ subnet })
}

describeUnless(rigMissing, 'the demo on boards', () => {
  it(
    'goes on while a board is cut off, has it back, and leaves nothing',
    async () => {
      await using demo = new DemoRun(['--json'], PROGRAM)
      expect(await demo.ended, demo.stderr).toEqual({ code: 0, signal: null })
      const summary = JSON.parse(demo.stdout)
      expect(summary).toEqual({
        requests: expect.any(Number),
        correct: expect.any(Number),
        accuracy: expect.any(Number),
        lost: 0,
        errors: 0,
        boards: { board1: expect.any(Number), board2: expect.any(Number), board3: expect.any(Number) },
        requestsPerSecond: expect.any(Number),
        p50Ms: expect.any(Number),
        p99Ms: expect.any(Number),
        cutBoard: 'board2',
        noticedMs: expect.any(Number),
        recoveredMs: expect.any(Number),
      })
      expect(Object.values(summary.boards).reduce((sum: number, count) => sum + (count as number), 0)).toBe(summary.requests)
      expect(summary.accuracy).toBeGreaterThanOrEqual(0.95)
      expect(summary.noticedMs).toBeLessThan(NOTICED_WITHIN_MS)
      expect(summary.recoveredMs).toBeGreaterThan(0)
      expect(summary.recoveredMs).toBeLessThan(RECOVERED_WITHIN_MS)
      expect(await rigOf(demo).remains()).toEqual([])
    },
    DEMO_LIMIT_MS,
  )

  it(
    'runs in containers that have keys, and takes everything down on Ctrl-C',
    async () => {
      await using demo = new DemoRun(['--json', '--requests', '5000000'], PROGRAM)
      await eventually('the demo sends images', () => demo.stderr.includes('Sending'), DEMO_LIMIT_MS)
      const rig = rigOf(demo)
      const listed = await rig.board(1).exec(['docker', 'exec', 'aicluster-digits-board1', 'ls', '/run/aicluster'])
      expect(listed.stdout.trim().split('\n')).toEqual(['curve.json', 'token'])

      demo.kill('SIGINT')

      expect(await demo.ended).toEqual({ code: 130, signal: null })
      expect(demo.stdout).toBe('')
      expect(await rig.remains()).toEqual([])
    },
    DEMO_LIMIT_MS,
  )
})
