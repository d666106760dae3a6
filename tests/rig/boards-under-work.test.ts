import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InferenceResult } from '@aicluster/host-sdk'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { eventually } from '../worlds/eventually'
import type { World } from '../worlds/world'
import { boardOf, containersOn, contentOf, registeredFiles, timed, untilServing, untilState } from './board-facts'
import { dockerConfig, rigMissing, sharedRig, startRigWorld } from './rig-world'

const BODY = Uint8Array.of(1)
const PROGRAMS = fileURLToPath(new URL('../worlds/programs', import.meta.url))
const SETUP_LIMIT_MS = 120_000
const LIMIT_MS = 90_000
/** In so many ms a cut is noticed, and what needs the board ends. */
const NOTICED_MS = 4_000
/** The Engine's events and a look every 5 s: so long until a board without an Engine is down. */
const LOOKED_MS = 10_000
const BACK_MS = 20_000
/** How long a request is worked at: longer than a loss needs to be noticed. */
const HELD_MS = 4_000
/** Requests that a container holds at once. */
const CREDITS = 4

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describeUnless(rigMissing, 'a board that is lost in the middle of work', () => {
  let world: World
  const folder = mkdtempSync(join(tmpdir(), 'aicr-'))
  const second = () => sharedRig().board(2)

  beforeAll(async () => {
    world = await startRigWorld({ boards: [1, 2] })
    await Promise.all(['board1', 'board2'].map((name) => untilState(world, name, 'up')))
    await world.cluster.loadInference(await dockerConfig('slow', 'work', { maxSendNum: CREDITS, sendTimeout: 30_000 }), 'all')
  }, SETUP_LIMIT_MS)
  afterAll(async () => {
    await world?.settle()
    await world?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  }, SETUP_LIMIT_MS)

  // A case that has failed leaves the next one a sound board.
  afterEach(async () => {
    await second().loss(0)
    await second().rate(undefined)
    if (await second().isOn()) await second().startEngine()
    await second().on()
    await untilState(world, 'board2', 'up')
    await untilServing(world, 'work')
    await world.atRest()
  }, SETUP_LIMIT_MS)

  /** Fill both boards with requests that outlast the loss. */
  async function holdWork(): Promise<Promise<{ outcome: InferenceResult | { code: number; message: string }; atMs: number }>[]> {
    const requests = Array.from({ length: 2 * CREDITS }, () =>
      world.cluster.infer('work', BODY, { ms: HELD_MS }).then(
        (outcome) => ({ outcome, atMs: performance.now() }),
        (error) => ({ outcome: error as { code: number; message: string }, atMs: performance.now() }),
      ),
    )
    await world.until('work', { held: 2 * CREDITS })
    return requests
  }

  /** What was held by the lost board ends with 402 within the limit, the rest with its answer; no request twice, none never. */
  async function expectHalfLost(requests: Awaited<ReturnType<typeof holdWork>>, lostAtMs: number): Promise<void> {
    const outcomes = await Promise.all(requests)
    const lost = outcomes.filter(({ outcome }) => 'code' in outcome)
    const answered = outcomes.flatMap(({ outcome }) => ('result' in outcome ? [(outcome.result as { board: string }).board] : []))
    expect(lost.map(({ outcome }) => outcome)).toEqual(
      Array(CREDITS).fill(expect.objectContaining({ code: 402, message: expect.stringContaining('work-board2') })),
    )
    for (const { atMs } of lost) expect(atMs - lostAtMs).toBeLessThan(NOTICED_MS)
    expect(answered).toEqual(Array(CREDITS).fill('board1'))
  }

  /** What is registered, and what runs on the board that is lost. */
  const present = async () => ({ files: registeredFiles(world), containers: await containersOn(second()) })

  /** The board is back, and each of the two gives answers. */
  async function untilBothAnswer(): Promise<void> {
    await untilState(world, 'board2', 'up')
    await untilServing(world, 'work')
    const answers = await Promise.all(Array.from({ length: 2 * CREDITS }, () => world.cluster.infer('work', BODY, { ms: 200 })))
    expect(new Set(answers.map(({ result }) => (result as { board: string }).board))).toEqual(new Set(['board1', 'board2']))
  }

  it(
    'a link that is cut: 402 for what the board holds; a stop that waits for that and a new command are 500, the rest goes on',
    async () => {
      const before = { ...(await present()), content: await contentOf(second()) }
      const requests = await holdWork()
      const handlers = await world.cluster.getContainerHandler('work')
      const there = handlers.find(({ suffixName }) => suffixName === 'work-board2')

      const cutAtMs = performance.now()
      // The stop waits for what the container holds, and the third comes when nobody knows yet. Whether the order to stop has left by then
      // is open: see boards-cut-in-command.test.ts.
      const stop = timed(Promise.resolve(there?.stop()))
      const statuses = world.cluster.getContainerStatus('work')
      await second().cut()
      const late = timed(world.cluster.putFile('work', { other: writtenFile('late', 1_000) }))

      for (const { error, tookMs } of await Promise.all([stop, late])) {
        expect(error).toMatchObject({ code: 500, message: expect.stringContaining('board "board2"') })
        expect(tookMs).toBeLessThan(NOTICED_MS)
      }
      expect((await statuses).find(({ suffixName }) => suffixName === 'work-board1')).toMatchObject({ status: 'running' })
      expect(performance.now() - cutAtMs).toBeLessThan(NOTICED_MS)
      await untilState(world, 'board2', 'down', 1_000)
      expect((await boardOf(world, 'board2'))?.reason).toMatch(/its link is cut, or it is off|did not answer/)
      await expect(world.cluster.infer('work', BODY, { ms: 0 })).resolves.toMatchObject({ result: { board: 'board1' } })
      await expectHalfLost(requests, cutAtMs)
      expect(registeredFiles(world)).toEqual(before.files)

      await second().heal()
      await untilBothAnswer()

      expect(await containersOn(second())).toEqual(before.containers)
      await eventually(
        'the board to be as it was',
        async () => JSON.stringify(await contentOf(second())) === JSON.stringify(before.content),
        BACK_MS,
      )
    },
    LIMIT_MS,
  )

  it(
    'a link that is cut while files are put: 500, nothing of them is left, and they can be put again',
    async () => {
      const boards = [sharedRig().board(1), second()]
      const contents = () => Promise.all(boards.map(contentOf))
      const before = await contents()
      const big = writtenFile('big', 40_000_000)
      const program = join(folder, 'slow.mjs')
      writeFileSync(program, `// another one\n${readFileSync(join(PROGRAMS, 'slow.mjs'), 'utf8')}`)
      await second().rate(40)
      let cutAtMs = 0
      const onProgress = ({ coprocessorName, bytesDone }: { coprocessorName: string; bytesDone?: number | null | undefined }) => {
        if (coprocessorName !== 'board2' || !bytesDone || cutAtMs > 0) return
        cutAtMs = performance.now()
        void second().cut()
      }

      const { error } = await timed(world.cluster.putFile('work', { other: [program, big] }, { onProgress }))

      expect(cutAtMs).toBeGreaterThan(0)
      expect(performance.now() - cutAtMs).toBeLessThan(NOTICED_MS)
      expect(error).toMatchObject({ code: 500, message: expect.stringContaining('board "board2"') })
      await second().heal()
      await second().rate(undefined)
      await untilState(world, 'board2', 'up')
      // The old bytes too: sums of programs are part of it.
      await eventually('nothing of it', async () => JSON.stringify(await contents()) === JSON.stringify(before), BACK_MS)

      await world.cluster.putFile('work', { other: [program, big] })

      const sums = [program, big].map((file) => `${sha256(readFileSync(file))}  `)
      for (const content of await contents()) for (const sum of sums) expect(content.filter((line) => line.startsWith(sum))).toHaveLength(1)
      await untilServing(world, 'work')
    },
    LIMIT_MS,
  )

  it(
    'power that is lost: 402 for what the board holds; it comes back by itself, containers included',
    async () => {
      const before = await present()
      const requests = await holdWork()

      const offAtMs = performance.now()
      await second().off()
      await expectHalfLost(requests, offAtMs)
      await untilState(world, 'board2', 'down', NOTICED_MS)
      expect(await world.cluster.getContainerStatus('work')).toMatchObject([{ status: 'running' }, { status: 'unreachable' }])
      const [probe] = await world.cluster.checkBoards('board2')
      expect(probe?.problems).toMatchObject([
        { what: expect.stringMatching(/did not answer|cannot be reached/), cure: expect.stringContaining('is it on') },
      ])

      await second().on()
      await untilBothAnswer()

      expect(await present()).toEqual(before)
    },
    LIMIT_MS,
  )

  it(
    'an Engine that is stopped: what is in hand ends, commands are 500 with what to do; started again, its containers serve again',
    async () => {
      const before = await present()
      const requests = await holdWork()

      await second().stopEngine()
      // It asks its containers to end, and they end what they have in hand first.
      expect((await Promise.all(requests)).filter(({ outcome }) => 'code' in outcome)).toEqual([])
      const reload = await timed(world.cluster.reloadInference('work'))
      await untilState(world, 'board2', 'down', LOOKED_MS)
      const load = await timed(world.cluster.loadInference(await dockerConfig('echo', 'other'), 'board2'))
      const [probe] = await world.cluster.checkBoards('board2')

      for (const { error, tookMs } of [reload, load]) {
        expect(error).toMatchObject({
          code: 500,
          message: expect.stringMatching(/board "board2".*docker\.sock.*(is Docker installed|start the Engine)/),
        })
        expect(tookMs).toBeLessThan(NOTICED_MS)
      }
      expect((await boardOf(world, 'board2'))?.reason).toMatch(/docker\.sock/)
      expect(probe?.problems).toMatchObject([{ what: expect.stringContaining('docker.sock'), cure: expect.stringMatching(/Engine/) }])
      await expect(world.cluster.infer('work', BODY, { ms: 0 })).resolves.toMatchObject({ result: { board: 'board1' } })

      await second().startEngine()
      await untilBothAnswer()

      expect(await present()).toEqual(before)
    },
    LIMIT_MS,
  )

  it(
    'a link that loses 30 % of its packets: every request ends, the board is used, and nothing is left hanging',
    async () => {
      const before = await containersOn(second())
      await second().loss(30)
      const outcomes = await Promise.all(
        Array.from({ length: 40 }, () =>
          world.cluster.infer('work', BODY, { ms: 100 }).then(
            ({ result }) => (result as { board: string }).board,
            ({ code }) => code,
          ),
        ),
      )
      const status = await world.cluster.getContainerStatus('work')
      const swallowed = await second().lostPackets()
      await second().loss(0)

      // What is on a connection that was given up is 402, as it must be without `redeliver`.
      expect(outcomes.filter((outcome) => !['board1', 'board2', 402].includes(outcome))).toEqual([])
      expect(outcomes.filter((outcome) => outcome !== 402).length).toBeGreaterThan(outcomes.length / 2)
      expect(outcomes).toContain('board2')
      expect(swallowed.in).toBeGreaterThan(0)
      expect(swallowed.out).toBeGreaterThan(0)
      expect(status.map(({ suffixName }) => suffixName)).toEqual(['work-board1', 'work-board2'])
      expect(status[0]).toMatchObject({ status: 'running' })
      await untilBothAnswer()
      expect(await containersOn(second())).toEqual(before)
    },
    LIMIT_MS,
  )

  function writtenFile(name: string, bytes: number): string {
    const file = join(folder, name)
    writeFileSync(file, randomBytes(bytes))
    return file
  }
})
