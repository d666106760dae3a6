import { existsSync } from 'node:fs'
import { eventually } from '@aicluster/testing'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { DemoRun, leftBehind } from './demo-run'

const missing = existsSync('/proc/self/environ') ? undefined : 'no /proc to look for left-over processes in: run it on Linux'
/** The containers' orphan time (20 s) and what a busy machine may need beyond it. */
const ORPHANS_GONE_WITHIN_MS = 30_000
const ENDLESS = ['--requests', '5000000']

describeUnless(missing, 'the demo', () => {
  it('reads the held-out digits with both boards and leaves nothing', async () => {
    const before = leftBehind()
    await using demo = new DemoRun(['--json'], 'tooling/run/demo.mjs')

    expect(await demo.ended, demo.stderr).toEqual({ code: 0, signal: null })

    const summary = JSON.parse(demo.stdout.trimEnd().split('\n').at(-1) ?? '')
    expect(summary).toEqual({
      requests: 450,
      correct: expect.any(Number),
      accuracy: expect.any(Number),
      lost: 0,
      errors: 0,
      boards: { board1: expect.any(Number), board2: expect.any(Number) },
      requestsPerSecond: expect.any(Number),
      p50Ms: expect.any(Number),
      p99Ms: expect.any(Number),
    })
    expect(summary.accuracy).toBeGreaterThanOrEqual(0.95)
    expect(summary.accuracy).toBeCloseTo(summary.correct / 450, 3)
    expect(summary.boards.board1).toBeGreaterThan(0)
    expect(summary.boards.board2).toBeGreaterThan(0)
    expect(summary.boards.board1 + summary.boards.board2).toBe(450)
    expect(leftBehind()).toEqual(before)
  }, 120_000)

  it('repeats the images to as many requests as asked for, and prints a table', async () => {
    await using demo = new DemoRun(['--requests', '1000'])
    expect(await demo.ended, demo.stderr).toEqual({ code: 0, signal: null })
    expect(demo.stdout).toMatch(/images +450, 1,000 requests\n/)
    expect(demo.stdout).toMatch(/lost +0 \(sent minus outcomes\)\n/)
    expect(demo.stdout).toMatch(/read \d, is \d {4,}read \d, is \d {4,}read \d, is \d\n/)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('stops everything on %s', async (signal, code) => {
    await using demo = new DemoRun(ENDLESS)
    await demo.untilItSends()

    demo.kill(signal)

    expect(await demo.ended).toEqual({ code, signal: null })
    expect(demo.processes).toEqual([])
    expect(existsSync(demo.folder)).toBe(false)
  })

  it('stops everything when the process that started it ends', async () => {
    await using demo = new DemoRun(ENDLESS)
    await demo.untilItSends()

    demo.hangUp()

    expect(await demo.ended).toEqual({ code: 129, signal: null })
    expect(demo.processes).toEqual([])
    expect(existsSync(demo.folder)).toBe(false)
  })

  it('leaves no process when it is killed, and the next run removes its folder', async () => {
    await using demo = new DemoRun(ENDLESS)
    await demo.untilItSends()

    demo.kill('SIGKILL')

    expect(await demo.ended).toEqual({ code: null, signal: 'SIGKILL' })
    await eventually('no process is left', () => demo.processes.length === 0, ORPHANS_GONE_WITHIN_MS)
    await using next = new DemoRun([])
    await next.ended
    expect(existsSync(demo.folder)).toBe(false)
  })

  it('says so when its manager is killed, and leaves no process after the orphan time', async () => {
    await using demo = new DemoRun(['--json', ...ENDLESS])
    await demo.untilItSends()

    process.kill(demo.managerPid, 'SIGKILL')

    expect(await demo.ended).toEqual({ code: 1, signal: null })
    expect(demo.stderr).toContain('FAILED: the cluster manager was ended by SIGKILL')
    expect(demo.stdout).toBe('')
    expect(existsSync(demo.folder)).toBe(false)
    await eventually('no process is left', () => demo.processes.length === 0, ORPHANS_GONE_WITHIN_MS)
  })

  it('refuses options that it does not know', async () => {
    await using demo = new DemoRun(['--fast'])
    expect(await demo.ended).toEqual({ code: 2, signal: null })
    expect(demo.stderr).toContain("'--fast'")
    expect(demo.stdout).toBe('')
  })

  it('on boards refuses them before it starts a board', async () => {
    await using demo = new DemoRun(['--fast'], 'tooling/rig/dist/demo-boards.js')
    expect(await demo.ended).toEqual({ code: 2, signal: null })
    expect(demo.stderr).toContain("'--fast'")
    expect(demo.stderr).toContain('npm run demo:boards -- --help')
    expect(demo.stderr).not.toContain('Starting')
  })
})
