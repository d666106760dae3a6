import { readFileSync } from 'node:fs'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { eventually } from '../worlds/eventually'
import { startWorld } from '../worlds/world'
import { boardOf, containersOn, contentOf, registeredFiles, startsOf, timed, untilServing, untilState } from './board-facts'
import { fingerprintOf } from './broken-boards'
import { boardEntry, dockerConfig, rigMissing, sharedRig, startRigWorld } from './rig-world'

const BODY = Uint8Array.of(1)
/** In so many ms a cut is noticed, and a command that needs the board refused. */
const NOTICED_MS = 4_000
const BACK_MS = 20_000

describeUnless(rigMissing, 'boards that come and go', () => {
  it('a cut link: noticed, its containers stay registered and are not started anew, the other board works on', async () => {
    await using world = await startRigWorld({ boards: [1, 2] })
    const board2 = sharedRig().board(2)
    await untilState(world, 'board1', 'up')
    await untilState(world, 'board2', 'up')
    const config = await dockerConfig('echo', 'echo', { sendTimeout: 30_000 })
    await world.cluster.loadInference(config, 'all')
    const before = await containersOn(board2)
    const started = await startsOf(board2, 'aicluster-echo-board2')

    const cutAt = performance.now()
    await board2.cut()
    const reload = await timed(world.cluster.reloadInference('echo'))
    await untilState(world, 'board2', 'down', NOTICED_MS)
    const noticedMs = performance.now() - cutAt

    expect(reload).toMatchObject({ error: { code: 500, message: expect.stringContaining('board "board2"') } })
    expect(reload.tookMs).toBeLessThan(NOTICED_MS)
    expect(noticedMs).toBeLessThan(NOTICED_MS)
    const statuses = await world.cluster.getContainerStatus('echo')
    expect(statuses.map(({ suffixName, status }) => [suffixName, status])).toEqual([
      ['echo-board1', 'running'],
      ['echo-board2', 'unreachable'],
    ])
    for (let n = 0; n < 20; n++) await expect(world.cluster.infer('echo', BODY)).resolves.toBeDefined()

    await board2.heal()
    await untilState(world, 'board2', 'up')
    await eventually(
      'the container to be back',
      async () =>
        (await world.cluster.getContainerStatus('echo')).every(
          ({ status, connectStatus }) => status === 'running' && connectStatus === 'connected',
        ),
      BACK_MS,
    )

    expect(await containersOn(board2)).toEqual(before)
    expect(await startsOf(board2, 'aicluster-echo-board2')).toBe(started)
    await world.cluster.unloadInference()
    expect(await containersOn(board2)).toEqual({})
  })

  it('power lost and back: the board and its containers come back by themselves, what was stopped stays stopped', async () => {
    await using world = await startRigWorld({ boards: [1] })
    const board = sharedRig().board(1)
    await untilState(world, 'board1', 'up')
    await world.cluster.loadInference(await dockerConfig('echo', 'echo', { sendTimeout: 30_000 }), 'board1')
    await world.cluster.loadInference(await dockerConfig('echo', 'rests'), 'board1')
    const [rests] = await world.cluster.getContainerHandler('rests')
    await rests?.stop()
    const before = await containersOn(board)

    const offAt = performance.now()
    const off = board.off()
    await untilState(world, 'board1', 'down', NOTICED_MS)
    expect(performance.now() - offAt).toBeLessThan(NOTICED_MS)
    await off
    await board.on()
    await untilState(world, 'board1', 'up')

    await expect(world.cluster.infer('echo', BODY)).resolves.toBeDefined()
    expect(await containersOn(board)).toEqual(before)
    expect(await world.cluster.getContainerStatus('rests')).toMatchObject([{ status: 'exited', connectStatus: 'disconnected' }])
    await world.cluster.unloadInference()
  })

  it('a manager that is killed: its successor finds what runs, nothing is started anew', async () => {
    await using world = await startRigWorld({ boards: [1, 2] })
    const board1 = sharedRig().board(1)
    const board2 = sharedRig().board(2)
    await untilState(world, 'board1', 'up')
    await untilState(world, 'board2', 'up')
    await world.cluster.loadInference(await dockerConfig('echo', 'echo', { sendTimeout: 30_000 }), 'all')
    const before = await containersOn(board1)
    const started = await startsOf(board1, 'aicluster-echo-board1')
    const away = { containers: await containersOn(board2), started: await startsOf(board2, 'aicluster-echo-board2') }

    await world.endManager('SIGKILL')
    await board2.cut()
    const startedAt = performance.now()
    await world.startManager()
    const startMs = performance.now() - startedAt
    await eventually('the application', () => world.cluster.isConnected)
    await expect(world.cluster.infer('echo', BODY)).resolves.toBeDefined()
    await untilState(world, 'board1', 'up')
    await board2.heal()
    await untilState(world, 'board2', 'up')

    expect(startMs).toBeLessThan(5_000)
    expect(await containersOn(board1)).toEqual(before)
    expect(await startsOf(board1, 'aicluster-echo-board1')).toBe(started)
    await untilServing(world, 'echo')
    expect({ containers: await containersOn(board2), started: await startsOf(board2, 'aicluster-echo-board2') }).toEqual(away)
    await world.cluster.unloadInference()
  })

  it.each(['root', 'board'])('a second cluster on a board is refused and told whose it is, as user %s too', async (user) => {
    await using first = await startRigWorld({ boards: [1] })
    const board = sharedRig().board(1)
    await untilState(first, 'board1', 'up')
    await first.cluster.loadInference(await dockerConfig('echo', 'first'), 'board1')
    const present = async () => ({
      containers: await containersOn(board),
      started: await startsOf(board, 'aicluster-first-board1'),
      content: await contentOf(board),
      owner: (await board.exec(['cat', '/root/.aicluster/owner.json'])).stdout,
      files: registeredFiles(first),
    })
    const before = await present()
    const { clusterId } = await first.metrics()
    const ports = { inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }
    await using second = await startWorld({
      config: {
        boards: [{ ...boardEntry(board), user }],
        file_roots: ['/'],
        listen: { transport: 'tcp', host: sharedRig().managerAddress, insecure: true, ...ports },
      },
    })

    await eventually('the refusal', async () => (await boardOf(second, 'board1'))?.reason?.includes(clusterId) === true)

    const { error, tookMs } = await timed(second.cluster.loadInference(await dockerConfig('echo', 'echo'), 'board1'))
    expect(error).toMatchObject({ code: 500, message: expect.stringMatching(/board "board1".*belongs to the cluster/) })
    expect(error.message).toContain(clusterId)
    expect(tookMs).toBeLessThan(NOTICED_MS)
    // It looks again, as often as anybody asks.
    const [probe] = await second.cluster.checkBoards('board1')
    expect(probe?.problems).toMatchObject([{ what: expect.stringContaining(clusterId) }])
    expect(second.inferenceFiles).toEqual([])
    expect(await present()).toEqual(before)
    expect(await boardOf(first, 'board1')).toMatchObject({ state: 'up' })
    await expect(first.cluster.infer('first', BODY)).resolves.toBeDefined()
    await first.settle()
  })

  it('a link that is cut during an upload: 500, nothing is left, and it can be repeated', async () => {
    await using world = await startRigWorld({ boards: [1, 3] })
    const board = sharedRig().board(3)
    await untilState(world, 'board1', 'up')
    await untilState(world, 'board3', 'up')
    const config = await dockerConfig('echo', 'echo')
    await board.exec(['docker', 'rmi', '--force', config.imageTag ?? ''])
    const before = await contentOf(board)
    await board.rate(200)
    let cutAt = 0
    const onProgress = ({ coprocessorName, bytesDone }: { coprocessorName: string; bytesDone?: number | null | undefined }) => {
      if (coprocessorName !== 'board3' || !bytesDone || cutAt > 0) return
      cutAt = performance.now()
      void board.cut()
    }

    const { error } = await timed(world.cluster.loadInference(config, 'all', { onProgress }))
    const tookMs = performance.now() - cutAt

    expect(error).toMatchObject({ code: 500, message: expect.stringContaining('board "board3"') })
    expect(cutAt).toBeGreaterThan(0)
    expect(tookMs).toBeLessThan(NOTICED_MS)
    expect(world.inferenceFiles).toEqual([])
    expect(await containersOn(sharedRig().board(1))).toEqual({})
    await board.heal()
    await board.rate(undefined)
    await untilState(world, 'board3', 'up')
    await eventually('nothing of it', async () => JSON.stringify(await contentOf(board)) === JSON.stringify(before), BACK_MS)
    await world.cluster.loadInference(config, 'all')
    await expect(world.cluster.infer('echo', BODY)).resolves.toBeDefined()
    await world.cluster.unloadInference()
  })

  it('an image that something else uses stays, and that is said; unused it goes', async () => {
    await using world = await startRigWorld({ boards: [1] })
    await untilState(world, 'board1', 'up')
    const config = await dockerConfig('echo', 'first')
    await world.cluster.loadInference(config, 'board1')
    await world.cluster.loadInference(await dockerConfig('echo', 'second'), 'board1')

    const kept = await world.cluster.unloadInference({ inferenceName: 'first' })
    const gone = await world.cluster.unloadInference({ inferenceName: 'second' })

    const image = { coprocessorName: 'board1', image: config.imageTag }
    expect(kept.images).toEqual([{ ...image, deleted: false, reason: expect.stringContaining('second') }])
    expect(gone.images).toEqual([{ ...image, deleted: true, reason: null }])
    const [{ images = [] } = {}] = await world.cluster.getCoprocessorImages()
    expect(images.flatMap(({ tags }) => tags)).not.toContain(config.imageTag)
  })

  it('a machine that is listed twice: 302 by the same way, and by another one the second is refused, the first stays', async () => {
    await using world = await startRigWorld({ boards: [1] })
    const board = sharedRig().board(1)
    await untilState(world, 'board1', 'up')
    const twin = { ...boardEntry(board), name: 'twin' }
    const listed = readFileSync(world.configFile, 'utf8')
    await expect(world.cluster.addBoard(twin)).rejects.toMatchObject({ code: 302, message: expect.stringContaining('board1') })
    expect(readFileSync(world.configFile, 'utf8')).toBe(listed)
    const address = `${sharedRig().names.subnet}.249`
    const change = (word: string) => board.exec(['ip', 'addr', word, `${address}/24`, 'dev', 'eth0'])
    await change('add')
    try {
      await world.cluster.addBoard({ ...twin, address, fingerprint: fingerprintOf(board.hostKey) }, { write: false })
      await eventually('the refusal', async () => (await boardOf(world, 'twin'))?.reason?.includes('it is the machine of board "board1"'))
      const [probe] = await world.cluster.checkBoards('twin')
      const { error, tookMs } = await timed(world.cluster.loadInference(await dockerConfig('echo', 'echo'), 'all'))

      expect(probe?.problems).toMatchObject([
        { what: expect.stringContaining('board "board1"'), cure: expect.stringContaining('remove one') },
      ])
      expect(error).toMatchObject({ code: 500, message: expect.stringMatching(/board "twin".*board "board1" already/) })
      expect(tookMs).toBeLessThan(NOTICED_MS)
      expect(world.inferenceFiles).toEqual([])
      await world.cluster.removeBoard('twin', { write: false })
      expect(await boardOf(world, 'board1')).toMatchObject({ state: 'up' })
      await world.cluster.loadInference(await dockerConfig('echo', 'echo'), 'all')
      await world.settle()
    } finally {
      await change('del')
    }
  })

  it('a later manager of the same cluster takes the board: the earlier one lets go', async () => {
    await using world = await startRigWorld({ boards: [1] })
    await untilState(world, 'board1', 'up')
    const { clusterId, epoch } = await world.metrics()
    const owner = JSON.stringify({ cluster_id: clusterId, epoch: epoch + 1, name: 'elsewhere' })

    await sharedRig().board(1).exec(['tee', '/root/.aicluster/owner.json'], { input: owner })
    await untilState(world, 'board1', 'down')

    expect(await boardOf(world, 'board1')).toMatchObject({ reason: expect.stringMatching(/later manager.*epoch 2, elsewhere/) })
    await expect(world.cluster.loadInference(await dockerConfig('echo', 'echo'), 'board1')).rejects.toMatchObject({ code: 500 })
    await world.endManager('SIGKILL')
    await world.startManager()
    await world.endManager('SIGKILL')
    await world.startManager()
    await eventually('the application', () => world.cluster.isConnected)
    await untilState(world, 'board1', 'up')
  })
})
