import type { AICluster } from '@aicluster/host-sdk'
import { describe, expect, it } from 'vitest'
import { rawCommand } from './raw-command'
import { startWorld } from './world'

const BODY = Uint8Array.of(1)

const command = (cluster: AICluster, cmd: 'start_distribution' | 'stop_distribution', filter: object = {}): Promise<unknown> =>
  rawCommand(cluster, { cmd, ...filter })

describe('distribution that is off', () => {
  it('keeps the queue accepting, hands out nothing, lets the running request finish, and goes on when it is on', async () => {
    await using world = await startWorld()
    await world.load('gated', 'paused', { maxSendNum: 2 })
    const running = world.cluster.infer('paused', BODY, { gate: 'running' })
    await world.until('paused', { held: 1 })

    const off = await command(world.cluster, 'stop_distribution', { inference_name: 'paused' })

    expect(off).toEqual([{ name: 'paused', suffix_name: 'paused-board1', distribution: 'off' }])
    const waiting = [1, 2].map(() => world.cluster.infer('paused', BODY))
    await world.until('paused', { held: 1, waiting: 2 })
    world.gates.open('running')
    await expect(running).resolves.toMatchObject({ result: { gate: 'running' } })
    await world.until('paused', { held: 0, waiting: 2 })
    world.gates.openAll()
    const on = await command(world.cluster, 'start_distribution', { inference_name: 'paused' })
    expect(on).toEqual([{ name: 'paused', suffix_name: 'paused-board1', distribution: 'on' }])
    await Promise.all(waiting)
    await world.atRest()
  })

  it('to one container leaves all the work to the other', async () => {
    await using world = await startWorld()
    await world.load('echo', 'half', {}, 'all')

    await command(world.cluster, 'stop_distribution', { coprocessor_name: 'board1' })

    const outcomes = await Promise.all(Array.from({ length: 20 }, () => world.cluster.infer('half', BODY)))
    expect(new Set(outcomes.map(({ result }) => (result as { board: string }).board))).toEqual(new Set(['board2']))
    await world.atRest()
  })

  it('of one of a container’s names leaves the others on', async () => {
    await using world = await startWorld()
    await world.load('echo', 'whole', { sendTimeout: 200, inferenceModules: { subInferenceName: 'part' } })

    const view = await command(world.cluster, 'stop_distribution', { inference_name: 'part' })

    expect(view).toEqual([{ name: 'whole', suffix_name: 'whole-board1', distribution: 'on' }])
    await expect(world.cluster.infer('part', BODY)).rejects.toMatchObject({ code: 306, message: expect.stringContaining('paused: 1') })
    await expect(world.cluster.infer('whole', BODY)).resolves.toMatchObject({ result: { subInferenceName: 'whole' } })
  })

  it('is still off after a restart of the manager, and of the container', async () => {
    await using world = await startWorld()
    await world.load('echo', 'kept', { sendTimeout: 200 })
    await command(world.cluster, 'stop_distribution')
    await world.endManager('SIGKILL')
    await world.startManager()
    await expect.poll(() => world.cluster.isConnected, { timeout: 10_000 }).toBe(true)
    const connected = () => expect.poll(async () => (await world.metrics()).gauges.containers_connected, { timeout: 10_000 })
    await connected().toBe(1)

    await expect(world.cluster.infer('kept', BODY)).rejects.toMatchObject({ code: 306 })

    const { 'kept-board1': pid = 0 } = await world.pids()
    process.kill(pid, 'SIGKILL')
    await connected().toBe(0)
    await connected().toBe(1)
    await expect(world.cluster.infer('kept', BODY)).rejects.toMatchObject({ code: 306 })
    await command(world.cluster, 'start_distribution')
    await expect(world.cluster.infer('kept', BODY)).resolves.toMatchObject({ result: { container: 'kept-board1' } })
    await world.atRest()
  })

  it.each([
    [{ inference_name: 'unknown' }, 300],
    [{ coprocessor_name: 'board7' }, 304],
    [{ suffix_name: 'unknown-board1' }, 307],
    [{ suffix_name: 'echo-board1', coprocessor_name: 'board2' }, 307],
    [{ suffix_name: 'echo-board1', inference_name: 'other' }, 300],
  ])('for %o is %i', async (filter, code) => {
    await using world = await startWorld()
    await world.load('echo', 'echo')
    await world.load('echo', 'other')

    await expect(command(world.cluster, 'stop_distribution', filter)).rejects.toMatchObject({ code })
  })
})
