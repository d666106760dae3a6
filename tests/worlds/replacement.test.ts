import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { commandByBoard } from './programs'
import { steadyLoad } from './steady-load'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)
const REQUESTS = 500

/** Look again and again at how many containers of an inference stand; tells the fewest. */
function watchReady(world: World, name: string) {
  const counts: number[] = []
  let going = true
  const look = async () => {
    while (going) {
      const rows = (await world.metrics()).credits
      counts.push(rows.filter(({ suffixName, connected }) => suffixName.startsWith(name) && connected).length)
    }
  }
  // A world that is disposed of takes its connection along.
  const done = look().catch(() => {})
  return {
    async fewest() {
      going = false
      await done
      return Math.min(...counts)
    },
  }
}

describe('an inference whose replacement is start-then-kill', () => {
  it.each(['reload', 'forceUpdate'])('is replaced by %s under load without a gap: nothing lost, nothing refused', async (how) => {
    await using world = await startWorld()
    const more = { maxSendNum: 4, replacement: 'start-then-kill' as const, sendTimeout: 20_000 }
    await world.load('slow', 'slow', more, 'all')
    const before = await world.pids()
    const ready = watchReady(world, 'slow')
    const load = steadyLoad(world, 'slow')
    await eventually('some of them to be answered', () => load.codes.length > 20)

    if (how === 'reload') await world.cluster.reloadInference('slow')
    else await world.load('slow', 'slow', { ...more, maxSendNum: 8, forceUpdate: true }, 'all')
    await eventually('enough requests', () => load.codes.length > REQUESTS, 20_000)
    const codes = await load.stop()

    expect(codes.filter((code) => code !== 0)).toEqual([])
    expect(await ready.fewest()).toBeGreaterThanOrEqual(2)
    const after = await world.pids()
    expect(Object.keys(after)).toHaveLength(2)
    expect(Object.values(after).some((pid) => Object.values(before).includes(pid))).toBe(false)
    expect(world.containerProcesses.sort()).toEqual(Object.values(after).sort())
    await world.atRest()
  })

  it('lets the old container finish what it holds, and gives it nothing more', async () => {
    await using world = await startWorld()
    await world.load('gated', 'gated', { replacement: 'start-then-kill' })
    const held = world.cluster.infer('gated', BODY, { gate: 'first' })
    await world.until('gated', { held: 1 })

    const reload = world.cluster.reloadInference('gated')
    const second = world.cluster.infer('gated', BODY, { gate: 'second' })
    await world.until('gated', { held: 2 })
    world.gates.open('second')
    const { result: later } = await second
    world.gates.open('first')
    const { result: earlier } = await held

    expect([earlier, later]).toMatchObject([{ container: 'gated-board1' }, { container: 'gated-board1-2' }])
    expect(await reload).toMatchObject([{ suffixName: 'gated-board1-2' }])
    expect(world.containerProcesses).toHaveLength(1)
    // The next one takes the name that is free again.
    expect(await world.cluster.reloadInference('gated')).toMatchObject([{ suffixName: 'gated-board1' }])
    await world.atRest()
  })

  it('goes on with what runs where the new program does not start', async () => {
    await using world = await startWorld()
    await world.load('echo', 'echo', { replacement: 'start-then-kill' })
    const pids = await world.pids()
    const file = readFileSync(join(world.stateFolder, 'inferences', 'echo.json'), 'utf8')

    const broken = { replacement: 'start-then-kill' as const, forceUpdate: true, runCommand: ['/nowhere/program'] }
    await expect(world.load('echo', 'echo', broken)).rejects.toMatchObject({ code: 311 })

    expect(await world.pids()).toEqual(pids)
    expect(world.containerProcesses).toEqual(Object.values(pids))
    expect(readFileSync(join(world.stateFolder, 'inferences', 'echo.json'), 'utf8')).toBe(file)
    await expect(world.cluster.infer('echo', BODY)).resolves.toBeDefined()
    await world.atRest()
  })

  it('is 303 where the new config serves a name no more that has requests', async () => {
    await using world = await startWorld()
    const more = { replacement: 'start-then-kill' as const, maxSendNum: 2 }
    await world.load('gated', 'gated', { ...more, inferenceModules: { subInferenceName: 'gone' } })
    const held = world.cluster.infer('gone', BODY)
    await world.until('gone', { held: 1 })

    await expect(world.load('gated', 'gated', { ...more, forceUpdate: true })).rejects.toMatchObject({
      code: 303,
      message: expect.stringContaining('gone'),
    })

    world.gates.openAll()
    await expect(held).resolves.toBeDefined()
    await world.atRest()
  })
})

/** Replace `gated` on two boards; resolves once the new container of the first could take requests. That of the second never can. */
async function replaceHalfway(world: World, replacement: 'kill-then-start' | 'start-then-kill', signal: AbortSignal) {
  let halfway = false
  const outcome = world.cluster
    .loadInference(
      world.config('gated', 'gated', { replacement, runCommand: commandByBoard('gated', 'silent'), forceUpdate: true }),
      'all',
      {
        signal,
        onProgress: ({ coprocessorName, phase }) => {
          halfway ||= coprocessorName === 'board1' && phase === 'ready'
        },
      },
    )
    .then(
      () => ({ code: 0 }),
      (error) => error,
    )
  await eventually('the new container of the first board', () => halfway)
  return { outcome }
}

describe('a replacement that is given up while the new container of one board could take requests already', () => {
  it.each(['kill-then-start', 'start-then-kill'] as const)('by %s loses none: what comes waits for what stays', async (replacement) => {
    await using world = await startWorld()
    await world.load('gated', 'gated', { replacement, sendTimeout: 20_000 }, 'all')
    // What runs cannot take another one, where it runs still.
    const held = replacement === 'start-then-kill' ? [1, 2].map(() => world.cluster.infer('gated', BODY)) : []
    if (held.length > 0) await world.until('gated', { held: 2 })
    const giveUp = new AbortController()
    const { outcome } = await replaceHalfway(world, replacement, giveUp.signal)

    const come = world.cluster.infer('gated', BODY)
    await world.until('gated', { held: held.length, waiting: 1 })
    giveUp.abort()
    expect(await outcome).toMatchObject({ code: 312 })
    world.gates.openAll()

    for (const request of [...held, come]) await expect(request).resolves.toBeDefined()
    // Whoever gives it up does not wait until all of it is taken back.
    await eventually('two programs', async () => world.containerProcesses.length === 2 && Object.keys(await world.pids()).length === 2)
    expect(Object.keys(await world.pids()).sort()).toEqual(['gated-board1', 'gated-board2'])
    await world.atRest()
  })

  it('or whose manager is killed then loses none either, and nothing of it stays', async () => {
    await using world = await startWorld()
    await world.load('gated', 'gated', { replacement: 'start-then-kill', sendTimeout: 20_000 }, 'all')
    const before = await world.pids()
    const held = [1, 2].map(() => world.cluster.infer('gated', BODY))
    await world.until('gated', { held: 2 })
    const giveUp = new AbortController()
    const { outcome } = await replaceHalfway(world, 'start-then-kill', giveUp.signal)
    const come = world.cluster.infer('gated', BODY)
    await world.until('gated', { held: 2, waiting: 1 })

    await world.endManager('SIGKILL')
    giveUp.abort()
    expect(await outcome).toMatchObject({ code: 312 })
    await world.startManager()
    world.gates.openAll()

    for (const request of [...held, come]) await expect(request).resolves.toBeDefined()
    expect(await world.pids()).toEqual(before)
    expect(world.containerProcesses.sort()).toEqual(Object.values(before).sort())
    await world.atRest()
  })
})

describe('a replacement that fails on one board while another one still waits for the end of its program', () => {
  it('is taken back once that has ended: one container runs there, and nothing is left beside it', async () => {
    await using world = await startWorld({ config: { stop_timeout: 1_000 } })
    await world.load('echo', 'echo', { runCommand: commandByBoard('echo', 'stubborn') }, 'all')
    const board = (name: string) => join(world.stateFolder, 'boards', name)
    // What is not there cannot be set aside.
    rmSync(join(board('board1'), 'echo-board1'), { recursive: true })

    await expect(world.cluster.reloadInference('echo')).rejects.toBeDefined()

    expect([readdirSync(board('board1')), readdirSync(board('board2'))]).toEqual([['echo-board1'], ['echo-board2']])
    const pids = await world.pids()
    expect(Object.keys(pids).sort()).toEqual(['echo-board1', 'echo-board2'])
    expect(world.containerProcesses.sort()).toEqual(Object.values(pids).sort())
    await world.endManager('SIGKILL')
    await world.startManager()
    await eventually('the application', () => world.cluster.isConnected)
    expect(await world.pids()).toEqual(pids)
    await world.atRest()
  })
})
