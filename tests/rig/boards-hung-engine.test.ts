import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it, vi } from 'vitest'
import { eventually } from '../worlds/eventually'
import { runs } from '../worlds/programs'
import { startWorld } from '../worlds/world'
import { containersOn, contentOf, timed, untilServing, untilState } from './board-facts'
import { boardEntry, dockerConfig, rigMissing, sharedRig, startRigWorld } from './rig-world'

const BODY = Uint8Array.of(1)
/** So long a command waits for a board at most, and what it does then. */
const REFUSED_MS = 5_000
/** So long a container, or a manager, takes to start, on a machine that plays two rigs. */
const STARTED_MS = 10_000
/** So long until an Engine is looked at, and has not answered. */
const KNOWN_MS = 11_000
const BACK_MS = 20_000
/** An image may have to travel first. */
vi.setConfig({ testTimeout: 120_000 })

describeUnless(rigMissing, 'an Engine that hangs', () => {
  it('keeps nobody waiting: commands are 500, by force what is there is forgotten, other boards work; it is swept when it goes on', async () => {
    await using world = await startRigWorld({ boards: [1, 2] })
    const board2 = sharedRig().board(2)
    for (const name of ['board1', 'board2']) await untilState(world, name, 'up')
    for (const name of ['first', 'second', 'third']) await world.cluster.loadInference(await dockerConfig('echo', name), 'all')
    const further = await dockerConfig('echo', 'further')
    const { hostname } = board2

    await board2.hangEngine()
    const asked = timed(world.cluster.getContainerLog('third-board2'))
    const [reload, unload, load] = await Promise.all([
      timed(world.cluster.reloadInference('second')),
      timed(world.cluster.unloadInference({ inferenceName: 'first', force: true, deleteImage: false })),
      timed(world.cluster.loadInference(further, 'board1')),
    ])
    const remove = await timed(world.cluster.removeBoard(hostname, { force: true, write: false }))

    expect(reload).toMatchObject({ error: { code: 500, message: expect.stringContaining('board "board2"') } })
    expect([unload, load, remove]).toMatchObject([{ error: { code: 0 } }, { error: { code: 0 } }, { error: { code: 0 } }])
    for (const [what, { tookMs }] of Object.entries({ reload, unload, remove })) expect(tookMs, what).toBeLessThan(REFUSED_MS)
    expect(load.tookMs).toBeLessThan(STARTED_MS)
    const { error, tookMs } = await asked
    expect(error).toMatchObject({ code: 500, message: expect.stringContaining('board "board2"') })
    expect(tookMs).toBeLessThan(KNOWN_MS)
    await expect(world.cluster.infer('second', BODY)).resolves.toMatchObject({ result: { container: 'second-board1' } })

    await board2.resumeEngine()
    await world.cluster.addBoard(boardEntry(board2) as never, { write: false })
    await eventually('the sweep', async () => Object.keys(await containersOn(board2)).length === 0, BACK_MS)
    await world.cluster.unloadInference({ deleteImage: false })
    await world.atRest()
  })

  it('is noticed where it had been up: the board is down with the reason, and comes back with its containers', async () => {
    await using world = await startRigWorld({ boards: [1] })
    const board = sharedRig().board(1)
    await untilState(world, 'board1', 'up')
    await world.cluster.loadInference(await dockerConfig('echo', 'echo'), 'board1')
    const before = await containersOn(board)

    await board.hangEngine()
    await untilState(world, 'board1', 'down', KNOWN_MS)

    const load = await timed(world.cluster.loadInference(await dockerConfig('echo', 'other'), 'board1'))
    expect(load).toMatchObject({ error: { code: 500, message: expect.stringMatching(/board "board1".*does not answer.*restart docker/) } })
    expect(load.tookMs).toBeLessThan(REFUSED_MS)
    await expect(world.cluster.infer('echo', BODY)).resolves.toBeDefined()
    await board.resumeEngine()
    await untilState(world, 'board1', 'up')
    expect(await containersOn(board)).toEqual(before)
    await world.cluster.unloadInference({ deleteImage: false })
  })

  it('on the own machine does not keep the manager from starting, nor its programs from running', async () => {
    // The Engine of a rig's board plays this machine's.
    const engine = sharedRig().board(1)
    await engine.restore()
    await using world = await startWorld({
      config: { boards: [{ name: 'board1', engine_socket: await engine.engineSocket() }], file_roots: ['/'] },
    })
    await world.cluster.loadInference(await dockerConfig('echo', 'boxed'), 'board1')
    await world.cluster.loadInference(runs('echo', 'bare'), 'board1')
    await world.endManager('SIGKILL')

    await engine.hangEngine()
    const start = await timed(world.startManager())

    expect(start).toMatchObject({ error: { code: 0 } })
    expect(start.tookMs).toBeLessThan(STARTED_MS)
    await eventually('the application', () => world.cluster.isConnected)
    await engine.resumeEngine()
    await untilServing(world, 'boxed')
    await world.cluster.unloadInference({ deleteImage: false })
    expect(await containersOn(engine)).toEqual({})
  })
})

describeUnless(rigMissing, 'an Engine that ends and starts again in the middle of a reload', () => {
  it('the reload is 500, and what ran before runs again by itself, with nothing beside it', async () => {
    await using world = await startRigWorld({ boards: [1] })
    const board = sharedRig().board(1)
    await untilState(world, 'board1', 'up')
    await world.cluster.loadInference(await dockerConfig('echo', 'echo', { sendTimeout: 60_000 }), 'board1')
    const before = { names: Object.keys(await containersOn(board)), content: await contentOf(board) }
    let ended: Promise<unknown> | undefined
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === 'remove') ended ??= board.exec(['sh', '-c', 'kill -9 "$(cat /run/docker.pid)"'])
    }

    const { error } = await timed(world.cluster.reloadInference('echo', { onProgress }))
    await ended
    await board.startEngine()

    expect(error).toMatchObject({ code: 500, message: expect.stringContaining('board "board1"') })
    await expect(world.cluster.infer('echo', BODY)).resolves.toMatchObject({ result: { container: 'echo-board1' } })
    await eventually('nothing else there', async () => JSON.stringify(await contentOf(board)) === JSON.stringify(before.content), BACK_MS)
    expect(Object.keys(await containersOn(board))).toEqual(before.names)
    await world.cluster.unloadInference({ deleteImage: false })
    await world.atRest()
  })
})
