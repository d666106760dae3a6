import type { AICluster } from '@aicluster/host-sdk'
import { describe, expect, it } from 'vitest'
import { AnswerFiles } from './answer-files'
import { rawCommand } from './raw-command'
import { startWorld } from './world'

const BODY = Uint8Array.of(1)

interface Status {
  suffix_name: string
  status: string
  connect_status: string
  pid: number | null
  operate: string
}

const order = (cluster: AICluster, cmd: 'start' | 'stop', suffix: string, board = 'board1'): Promise<Status> =>
  rawCommand(cluster, { cmd, coprocessor_name: board, suffix_name: suffix })

describe('stop', () => {
  it('ends the program, which stays registered; requests wait until it is started again, and nobody hears of a loss', async () => {
    await using world = await startWorld()
    await world.load('echo', 'digits')
    const events: unknown[] = []
    world.cluster.setCallback({ manageCallback: (code) => events.push(code) })

    const stopped = await order(world.cluster, 'stop', 'digits-board1')

    expect(stopped).toMatchObject({
      suffix_name: 'digits-board1',
      status: 'exited',
      connect_status: 'disconnected',
      pid: null,
      operate: 'Unknown',
    })
    expect(world.containerProcesses).toEqual([])
    const waiting = world.cluster.infer('digits', BODY)
    await world.until('digits', { held: 0, waiting: 1 })
    const started = await order(world.cluster, 'start', 'digits-board1')
    expect(started).toMatchObject({ status: 'running', connect_status: 'connected' })
    await expect(waiting).resolves.toMatchObject({ result: { container: 'digits-board1' } })
    expect(events).toEqual([])
    await world.atRest()
  })

  it('lets what is in hand finish, and leaves the work to the other containers meanwhile', async () => {
    await using world = await startWorld()
    await world.load('gated', 'digits', {}, 'all')
    const inHand = [1, 2].map((n) => world.cluster.infer('digits', BODY, { gate: `gate${n}` }))
    await world.until('digits', { held: 2 })

    const stopping = order(world.cluster, 'stop', 'digits-board1')
    const further = world.cluster.infer('digits', BODY, { gate: 'further' })
    await world.until('digits', { held: 2, waiting: 1 })
    world.gates.openAll()

    await stopping
    const boards = (await Promise.all([...inHand, further])).map(({ result }) => (result as { board: string }).board)
    expect(new Set(boards.slice(0, 2))).toEqual(new Set(['board1', 'board2']))
    expect(boards[2]).toBe('board2')
    await world.atRest()
  })

  it('ends what is not finished within the drain time-out with 402', async () => {
    await using world = await startWorld({ config: { drain_timeout: 300, stop_timeout: 300 } })
    await world.load('gated', 'digits')
    const held = world.cluster.infer('digits', BODY)
    const lost = expect(held).rejects.toMatchObject({ code: 402 })
    await world.until('digits', { held: 1 })

    await order(world.cluster, 'stop', 'digits-board1')

    await lost
    await world.atRest()
  })

  it('holds over a restart of the manager; a second stop, and an unload, find it as it is', async () => {
    await using world = await startWorld()
    await world.load('echo', 'digits')
    await order(world.cluster, 'stop', 'digits-board1')
    await world.endManager('SIGKILL')
    await world.startManager()
    await expect.poll(() => world.cluster.isConnected, { timeout: 10_000 }).toBe(true)

    expect(await order(world.cluster, 'stop', 'digits-board1')).toMatchObject({ status: 'exited', pid: null })
    expect(world.containerProcesses).toEqual([])
    await order(world.cluster, 'start', 'digits-board1')
    await expect(world.cluster.infer('digits', BODY)).resolves.toMatchObject({ result: { container: 'digits-board1' } })
    await order(world.cluster, 'stop', 'digits-board1')
    expect(await world.cluster.unloadInference({ inferenceName: 'digits' })).toEqual([])
  })

  it.each([
    ['start', {}, 201],
    ['stop', { coprocessor_name: 'board1', suffix_name: 7 }, 302],
    ['start', { coprocessor_name: 'board7', suffix_name: 'digits-board1' }, 304],
    ['stop', { coprocessor_name: 'board2', suffix_name: 'digits-board1' }, 307],
    ['stop', { coprocessor_name: 'board1', suffix_name: 'loop-board1' }, 302],
  ])('%s of %o is %i', async (cmd, target, code) => {
    await using world = await startWorld()
    await world.load('echo', 'digits')
    await world.cluster.loadInference({ name: 'loop', implementationType: 'Loop' }, 'board1')

    await expect(rawCommand(world.cluster, { cmd, ...target })).rejects.toMatchObject({ code })
  })
})

describe('start', () => {
  it('is 311 when the program does not get ready, and leaves the container stopped, with its files', async () => {
    await using world = await startWorld()
    const files = new AnswerFiles(world.folder)
    await world.load('reader', 'digits', { scriptPath: files.scripts('first'), startTimeout: 20_000 })
    await order(world.cluster, 'stop', 'digits-board1')
    await rawCommand(world.cluster, { cmd: 'put_file', inference_name: 'digits', file_info: { other: files.write('broken') } })

    await expect(order(world.cluster, 'start', 'digits-board1')).rejects.toMatchObject({ code: 311 })

    expect(world.containerProcesses).toEqual([])
    await rawCommand(world.cluster, { cmd: 'put_file', inference_name: 'digits', file_info: { other: files.write('second') } })
    expect(await order(world.cluster, 'start', 'digits-board1')).toMatchObject({ status: 'running', connect_status: 'connected' })
    await expect(world.cluster.infer('digits', BODY)).resolves.toMatchObject({ result: { answer: 'second' } })
    await world.atRest()
  })
})
