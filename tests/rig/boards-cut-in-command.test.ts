import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { eventually } from '../worlds/eventually'
import type { World } from '../worlds/world'
import { boardOf, containersOn, contentOf, registeredFiles, startsOf, timed, untilServing, untilState } from './board-facts'
import { dockerConfig, rigMissing, sharedRig, startRigWorld } from './rig-world'

const BODY = Uint8Array.of(1)
const SETUP_LIMIT_MS = 120_000
const LIMIT_MS = 90_000
/** In so many ms a loss is noticed, and what needs the board ends. */
const NOTICED_MS = 4_000
const BACK_MS = 20_000
/** Longer than a loss needs to be noticed. */
const HELD_MS = 4_000
/** A link that is cut for so long is none that is lost. */
const GLITCH_MS = 1_200
/** Requests that a container holds at once. */
const CREDITS = 2
/** What another board needs to have back what ran: the new container ends, the one before starts and connects. */
const TAKEN_BACK_MS = 4_000
/** Never connects, and ends when it is asked to. */
const IDLE = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done']
/** Its command ends by the loss, not by this. */
const LONG_MS = 60_000

describeUnless(rigMissing, 'a board that is lost while its Engine carries out a command', () => {
  let world: World
  const first = () => sharedRig().board(1)
  const second = () => sharedRig().board(2)

  beforeAll(async () => {
    world = await startRigWorld({ boards: [1, 2] })
    await Promise.all(['board1', 'board2'].map((name) => untilState(world, name, 'up')))
    await world.cluster.loadInference(await dockerConfig('slow', 'work', { maxSendNum: CREDITS, replacement: 'kill-then-start' }), 'all')
    await world.cluster.loadInference(await dockerConfig('stubborn', 'stubborn'), 'board2')
  }, SETUP_LIMIT_MS)
  afterAll(async () => {
    await world?.settle()
    await world?.[Symbol.asyncDispose]()
  }, SETUP_LIMIT_MS)

  // A case that has failed leaves the next one a sound board.
  afterEach(async () => {
    await second().undrop()
    await second().resumeSshd()
    await second().heal()
    await untilState(world, 'board2', 'up')
    await untilServing(world, 'work')
    await world.atRest()
  }, SETUP_LIMIT_MS)

  /** What is registered; a program that was started again has another token. */
  const registered = () => registeredFiles(world).map((file) => file.replace(/("token_sha256": )"[^"]+"/g, '$1"..."'))
  /** All that a command which fails must leave as it was. */
  const present = async () => ({
    files: registered(),
    containers: [await containersOn(first()), await containersOn(second())],
    content: [await contentOf(first()), await contentOf(second())],
  })
  const untilAsBefore = (before: Awaited<ReturnType<typeof present>>) =>
    eventually(
      'everything to be as it was',
      async () => {
        expect(await present()).toEqual(before)
        return true
      },
      BACK_MS,
    )

  /** Ids of the containers that run on both boards, by name. */
  async function running(): Promise<Record<string, string>> {
    const listings = await Promise.all(
      [first(), second()].map((board) => board.exec(['docker', 'ps', '--no-trunc', '--format', '{{.Names}} {{.ID}}'])),
    )
    const lines = listings.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean))
    return Object.fromEntries(lines.map((line) => line.split(' ') as [string, string]))
  }

  /** Cut the second board; what the command that is under way fails with, and how long after that. */
  async function cutDuring(command: Promise<unknown>): Promise<{ error: { code: number; message: string }; tookMs: number }> {
    const outcome = timed(command)
    const cutAtMs = performance.now()
    await second().cut()
    const { error } = await outcome
    return { error, tookMs: performance.now() - cutAtMs }
  }

  it(
    'a stop that waits for a program which ignores it: 500; it is registered as running, so it runs again, the same container',
    async () => {
      const before = await present()
      const [handler] = await world.cluster.getContainerHandler('stubborn')
      const stop = Promise.resolve(handler?.stop())
      stop.catch(() => {})
      const asked = async () => (await second().exec(['docker', 'logs', 'aicluster-stubborn-board2'])).stdout.includes('asked to end')
      await eventually('it to be asked', asked)

      const { error, tookMs } = await cutDuring(stop)

      expect(error).toMatchObject({ code: 500, message: expect.stringMatching(/board "board2".*its link is cut/) })
      expect(tookMs).toBeLessThan(NOTICED_MS)
      expect(registered()).toEqual(before.files)
      await second().heal()
      await untilState(world, 'board2', 'up')
      // The Engine goes on with what it was told: it ends the program, and the manager starts it again.
      await untilServing(world, 'stubborn')
      await expect(world.cluster.infer('stubborn', BODY)).resolves.toMatchObject({ result: { board: 'board2' } })
      await untilAsBefore(before)
    },
    LIMIT_MS,
  )

  it(
    'a replacement on both boards, when the new containers run: 500; both serve as before, the same containers with their files',
    async () => {
      const before = await present()
      const runningBefore = await running()
      const names = ['aicluster-work-board1', 'aicluster-work-board2']
      const config = await dockerConfig('silent', 'work', {
        forceUpdate: true,
        replacement: 'kill-then-start',
        runCommand: IDLE,
        startTimeout: LONG_MS,
      })
      const load = world.cluster.loadInference(config, 'all')
      load.catch(() => {})
      const replaced = (now: Record<string, string>) => names.every((name) => now[name] !== undefined && now[name] !== runningBefore[name])
      await eventually('the new ones to run', async () => replaced(await running()), BACK_MS)

      const { error, tookMs } = await cutDuring(load)

      expect(error).toMatchObject({ code: 500, message: expect.stringMatching(/board "board2".*its link is cut/) })
      expect(tookMs).toBeLessThan(NOTICED_MS + TAKEN_BACK_MS)
      await expect(world.cluster.infer('work', BODY, { ms: 0 })).resolves.toMatchObject({ result: { board: 'board1' } })
      expect(registered()).toEqual(before.files)
      expect([await containersOn(first()), await contentOf(first())]).toEqual([before.containers[0], before.content[0]])
      await second().heal()
      await untilState(world, 'board2', 'up')
      await untilServing(world, 'work')
      await untilAsBefore(before)
    },
    LIMIT_MS,
  )

  it(
    'a first load, when its container runs and has not connected: 500, nothing is registered, and nothing is left of it',
    async () => {
      const before = await present()
      const load = world.cluster.loadInference(await dockerConfig('silent', 'new', { startTimeout: LONG_MS }), 'board2')
      load.catch(() => {})
      await eventually('it to run', async () => Object.hasOwn(await running(), 'aicluster-new-board2'), BACK_MS)

      const { error, tookMs } = await cutDuring(load)

      expect(error).toMatchObject({ code: 500, message: expect.stringMatching(/board "board2".*its link is cut/) })
      expect(tookMs).toBeLessThan(NOTICED_MS)
      expect(registered()).toEqual(before.files)
      await second().heal()
      await untilAsBefore(before)
    },
    LIMIT_MS,
  )

  it(
    'a link that is cut for a moment: nobody is told that the board is down, and a question asked meanwhile is answered',
    async () => {
      const before = await present()
      const logged = world.manager.log.length

      await second().cut()
      const statuses = world.cluster.getContainerStatus('work')
      await delay(GLITCH_MS)
      await second().heal()

      expect(await statuses).toMatchObject([{ status: 'running' }, { status: 'running' }])
      expect(world.manager.log.slice(logged)).not.toContain('board is down')
      expect(await present()).toEqual(before)
    },
    LIMIT_MS,
  )

  /** Fill both boards with requests that outlast the loss; their outcomes, board or code. */
  async function holdWork(): Promise<Promise<string | number>[]> {
    const requests = Array.from({ length: 2 * CREDITS }, () =>
      world.cluster.infer('work', BODY, { ms: HELD_MS }).then(
        ({ result }) => (result as { board: string }).board,
        ({ code }) => code as number,
      ),
    )
    await world.until('work', { held: 2 * CREDITS })
    return requests
  }

  it.each<[string, () => Promise<void>, () => Promise<void>, string | number]>([
    ['an sshd that hangs, though packets come and go', () => second().hangSshd(), () => second().resumeSshd(), 'board2'],
    ['packets that vanish, while the link looks sound', () => second().drop(), () => second().undrop(), 402],
  ])(
    '%s: noticed, commands are 500, and nothing is started anew',
    async (_, lose, mend, outcome) => {
      const before = await present()
      const started = await startsOf(second(), 'aicluster-work-board2')
      const requests = await holdWork()

      const lostAtMs = performance.now()
      await lose()
      const { error } = await timed(world.cluster.putFile('work', { other: fileURLToPath(import.meta.url) }))
      const toldMs = performance.now() - lostAtMs
      await untilState(world, 'board2', 'down', NOTICED_MS)
      const downMs = performance.now() - lostAtMs

      expect(error).toMatchObject({ code: 500, message: expect.stringMatching(/board "board2".*nothing came from it/) })
      expect(toldMs).toBeLessThan(NOTICED_MS)
      expect(downMs).toBeLessThan(NOTICED_MS)
      expect((await boardOf(world, 'board2'))?.reason).toMatch(/nothing came from it|did not answer/)
      expect((await Promise.all(requests)).sort()).toEqual([...Array(CREDITS).fill('board1'), ...Array(CREDITS).fill(outcome)].sort())
      await mend()
      await untilState(world, 'board2', 'up')
      await untilServing(world, 'work')
      await untilAsBefore(before)
      expect(await startsOf(second(), 'aicluster-work-board2')).toBe(started)
    },
    LIMIT_MS,
  )
})
