import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ContainerHandler, CoprocessorImages, type ProgressEvent } from '@aicluster/host-sdk'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { Recorder } from './recorder'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)

describe('handlers and files, on a real cluster', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterEach(() => world.settle())
  afterAll(() => world[Symbol.asyncDispose]())

  const answerOf = async (name: string) => (await world.cluster.infer(name, BODY)).result as Record<string, unknown>

  /** A folder with a model of this text, and another file of the same name with the next text. */
  function models(name: string, text: string, nextText: string) {
    const folder = join(world.folder, name)
    const next = join(world.folder, `${name}-next`)
    for (const each of [folder, next]) mkdirSync(each)
    writeFileSync(join(folder, 'answer.txt'), text)
    writeFileSync(join(next, 'answer.txt'), nextText)
    return { scriptPath: folder, nextModel: join(next, 'answer.txt') }
  }

  it('stop and start a container: it stays registered, requests wait for it, nobody hears of a loss', async () => {
    const [handler] = (await world.load('echo', 'halted')) as [ContainerHandler]
    const events = new Recorder<[unknown]>()
    world.cluster.on('containerDisconnected', events.callback)

    expect(await handler.stop()).toMatchObject({ suffixName: 'halted-board1', connectStatus: 'disconnected', operate: 'Unknown' })
    expect(world.containerProcesses).toEqual([])
    const waiting = answerOf('halted')
    await world.until('halted', { held: 0, waiting: 1 })
    expect(await handler.start()).toMatchObject({ connectStatus: 'connected', status: 'running' })

    await expect(waiting).resolves.toMatchObject({ container: 'halted-board1' })
    expect(events.calls).toEqual([])
    world.cluster.off('containerDisconnected', events.callback)
  })

  it('whose container is unloaded say 307', async () => {
    const [handler] = (await world.load('echo', 'gone')) as [ContainerHandler]
    await world.cluster.unloadInference()
    for (const call of [handler.start(), handler.stop(), handler.startDistribution(), handler.stopDistribution()]) {
      await expect(call).rejects.toMatchObject({ code: 307 })
    }
  })

  it('switch distribution off and on, for a board and for a container', async () => {
    const [handler] = (await world.load('echo', 'paused')) as [ContainerHandler]
    const [board] = await world.cluster.getCoprocessorHandler('paused')

    expect(await board?.stopDistribution('paused')).toMatchObject([{ suffixName: 'paused-board1', distribution: 'off' }])
    const waiting = answerOf('paused')
    await world.until('paused', { held: 0, waiting: 1 })
    expect(await handler.startDistribution()).toMatchObject({ name: 'paused', distribution: 'on' })
    await expect(waiting).resolves.toMatchObject({ container: 'paused-board1' })
    await expect(handler.stopDistribution('nobody')).rejects.toMatchObject({ code: 300 })
  })

  it('bring an inference to another board, once', async () => {
    await world.load('echo', 'spread')
    const boards = await world.cluster.getCoprocessorHandler()
    const second = boards.find(({ name }) => name === 'board2')

    const handlers = await second?.addInference('spread')
    const again = await second?.addInference('spread')

    expect(handlers).toMatchObject([{ suffixName: 'spread-board2', allocatedCoprocessor: 'board2' }])
    expect(again).toEqual(handlers)
    expect(await world.cluster.getContainerHandler('spread')).toMatchObject([
      { hostLocation: ['board1', 'board2'] },
      { hostLocation: ['board1', 'board2'] },
    ])
    await expect(second?.addInference('nobody')).rejects.toMatchObject({ code: 300 })
  })

  it('put a file that counts from the next start, and is still there after another reload', async () => {
    const { scriptPath, nextModel } = models('files', 'old', 'new')
    await world.load('reader', 'files', { scriptPath })

    await world.cluster.putFile('files', { model: nextModel })

    expect(await answerOf('files')).toMatchObject({ answer: 'old' })
    const [handler] = await world.cluster.reloadInference('files')
    expect(await answerOf('files')).toMatchObject({ answer: 'new' })
    await handler?.stop()
    await handler?.start()
    expect(await answerOf('files')).toMatchObject({ answer: 'new' })
    await expect(world.cluster.putFile('files', { other: '/nowhere/at/all' })).rejects.toMatchObject({ code: 301 })
    await expect(world.cluster.putFile('nobody', { model: nextModel })).rejects.toMatchObject({ code: 300 })
  })

  it('tell the progress of a load and of files, up to the last byte', async () => {
    const { scriptPath, nextModel } = models('told', 'old', 'x'.repeat(100_000))
    const seen: ProgressEvent[] = []
    const onProgress = (progress: ProgressEvent) => seen.push(progress)

    await world.cluster.loadInference(world.config('reader', 'told', { scriptPath }), ['board1', 'board2'], { onProgress })
    const ofLoad = seen.splice(0)
    await world.cluster.putFile('told', { model: nextModel }, { onProgress })

    expect(new Set(ofLoad.map(({ cmd }) => cmd))).toEqual(new Set(['load_inference']))
    for (const board of ['board1', 'board2']) {
      expect(ofLoad.filter(({ coprocessorName }) => coprocessorName === board).map(({ phase }) => phase)).toContain('start')
    }
    expect(
      seen.find(({ cmd, bytesDone, bytesTotal }) => cmd === 'put_file' && bytesDone === 100_000 && bytesTotal === 100_000),
    ).toBeDefined()
  })

  it.each([
    ['its signal', 312, () => ({ signal: AbortSignal.timeout(800) })],
    ['its timeout', 313, () => ({ timeout: 800 })],
  ])('given up through %s while they load take back what was begun', async (_how, code, options) => {
    const load = world.cluster.loadInference(world.config('silent', 'undone', { startTimeout: 60_000 }), 'all', options())
    await expect(load).rejects.toMatchObject({ code })

    // Until everything is taken back, the name is in use: 309.
    await eventually('the name to be free', () => world.load('echo', 'undone'))
    expect(await world.cluster.getContainerHandler()).toMatchObject([{ suffixName: 'undone-board1', hostLocation: ['board1'] }])
    expect(world.containerProcesses).toHaveLength(1)
    expect(await answerOf('undone')).toMatchObject({ container: 'undone-board1' })
  })

  it('list the images of boards without a Docker Engine as none', async () => {
    const images = await world.cluster.getCoprocessorImages()
    expect(images).toEqual([expect.any(CoprocessorImages), expect.any(CoprocessorImages)])
    const [board] = await world.cluster.getCoprocessorHandler()
    expect(await board?.getImages()).toMatchObject([{ name: 'board1', images: expect.any(Array) }])
  })

  it('read a container’s log, and then only what is new', async () => {
    await world.load('talker', 'words')
    const say = (text: string) => world.cluster.infer('words', Buffer.from(`${text}\n`))
    const linesOf = (options: object) => world.cluster.getContainerLog('words-board1', options)
    await say('first')
    const log = await eventually('its first word', async () => {
      const read = await linesOf({ lines: 1 })
      return read.lines[0] === 'first' ? read : undefined
    })
    await say('second')
    await eventually('its second word', async () => (await linesOf({ after: log.next })).lines[0] === 'second')
    await expect(world.cluster.getContainerLog('nobody')).rejects.toMatchObject({ code: 307 })
  })

  it('tell the callbacks the same, under the names of the original', async () => {
    const [handler] = (await world.load('echo', 'async')) as [ContainerHandler]
    const told = new Recorder<[number, string, string, unknown, string | undefined]>()
    world.cluster.setCallback({ manageCallback: told.callback })

    const numbers = [handler.stopAsync()]
    await told.call(1)
    numbers.push(handler.startAsync())
    await told.call(2)
    numbers.push(world.cluster.getQueueInfoAsync())
    await told.call(3)
    numbers.push(world.cluster.deleteQueueAsync({ inferenceName: 'nobody' }))
    await told.call(4)
    numbers.push(world.cluster.reloadInferenceAsync('async'))
    await told.call(5)

    expect(told.calls.map(([code, , cmd, , requestNo]) => [code, cmd, requestNo])).toEqual([
      [0, 'stop', numbers[0]],
      [0, 'start', numbers[1]],
      [0, 'get_queue_info', numbers[2]],
      [300, 'delete_queue', numbers[3]],
      [0, 'reload_inference', numbers[4]],
    ])
    world.cluster.setCallback({ manageCallback: null })
  })
})
