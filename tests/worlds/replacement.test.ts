import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
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
