import { describe, expect, it } from 'vitest'
import { FakeWorld } from '../test/fake-world'
import { AICluster } from './index'

const bytes = Buffer.from('x')
const callback = () => undefined

/** Every method with an options object, each given a key that it does not have. */
const misspelt: Record<string, (cluster: AICluster, wrong: never) => unknown> = {
  connectAICluster: (cluster, wrong) => cluster.connectAICluster(wrong),
  setCallback: (cluster, wrong) => cluster.setCallback(wrong),
  release: (cluster, wrong) => cluster.release(wrong),
  waitForRoom: (cluster, wrong) => cluster.waitForRoom(0, wrong),
  infer: (cluster, wrong) => cluster.infer('digits', bytes, undefined, wrong),
  inferImage: (cluster, wrong) => cluster.inferImage('digits', { dtype: 'uint8', shape: [1], data: new Uint8Array(1) }, undefined, wrong),
  inferStream: (cluster, wrong) => cluster.inferStream('digits', bytes, undefined, wrong).result,
  subscribe: (cluster, wrong) => cluster.subscribe('digits', wrong),
  loadInference: (cluster, wrong) => cluster.loadInference({ name: 'digits' }, 'all', wrong),
  unloadInference: (cluster, wrong) => cluster.unloadInference(wrong),
  unloadInferenceAsync: (cluster, wrong) => cluster.unloadInferenceAsync(wrong, callback),
  reloadInference: (cluster, wrong) => cluster.reloadInference('digits', wrong),
  putFile: (cluster, wrong) => cluster.putFile('digits', { model: '/m' }, wrong),
  getQueueInfo: (cluster, wrong) => cluster.getQueueInfo(wrong),
  getQueueInfoAsync: (cluster, wrong) => cluster.getQueueInfoAsync(wrong, callback),
  queueEntries: (cluster, wrong) => cluster.queueEntries(wrong).next(),
  deleteQueue: (cluster, wrong) => cluster.deleteQueue(wrong),
  deleteQueueAsync: (cluster, wrong) => cluster.deleteQueueAsync(wrong, callback),
  getCoprocessorHandler: (cluster, wrong) => cluster.getCoprocessorHandler(undefined, wrong),
  getCoprocessorImages: (cluster, wrong) => cluster.getCoprocessorImages(undefined, wrong),
  getContainerHandler: (cluster, wrong) => cluster.getContainerHandler(undefined, wrong),
  getContainerStatus: (cluster, wrong) => cluster.getContainerStatus(undefined, wrong),
  getContainerLog: (cluster, wrong) => cluster.getContainerLog('digits-1', wrong),
  getMetrics: (cluster, wrong) => cluster.getMetrics(wrong),
  checkBoards: (cluster, wrong) => cluster.checkBoards(undefined, wrong),
  probeBoard: (cluster, wrong) => cluster.probeBoard({ name: 'nano' }, wrong),
  trustBoard: (cluster, wrong) => cluster.trustBoard('nano', 'SHA256:x', wrong),
  addBoard: (cluster, wrong) => cluster.addBoard({ name: 'nano' }, wrong),
  removeBoard: (cluster, wrong) => cluster.removeBoard('nano', wrong),
  shutdown: (cluster, wrong) => cluster.shutdown(wrong),
}

describe('an unknown key of an options object', () => {
  it.each(Object.keys(misspelt))('is 302 in %s, and nothing is sent', async (method) => {
    await using world = await FakeWorld.start()
    world.manager.answerCommands(() => [])

    const call = async () => misspelt[method]?.(world.cluster, { inferencename: 'nope' } as never)

    await expect(call()).rejects.toMatchObject({ code: 302, message: expect.stringContaining('options: unknown key inferencename') })
    expect(world.manager.commands).toEqual([])
  })

  it('is told apart from what was meant', async () => {
    await using world = await FakeWorld.start()
    const call = world.cluster.unloadInference({ inferencename: 'nope' } as never)
    await expect(call).rejects.toMatchObject({
      message: expect.stringMatching(/options: unknown key inferencename, did you mean inferenceName\?$/),
      details: { argument: 'options', key: 'inferencename', value: 'nope', nearest: 'inferenceName' },
    })
  })

  it('comes with the known ones where none is near', async () => {
    await using world = await FakeWorld.start()
    await expect(world.cluster.deleteQueue({ name: 'nope' } as never)).rejects.toThrow(/unknown key name; known here: .*inferenceName/)
  })

  it('is refused without a value too: it may be a filter that was not filled in', async () => {
    await using world = await FakeWorld.start()
    await expect(world.cluster.unloadInference({ inferencename: undefined } as never)).rejects.toMatchObject({ code: 302 })
  })

  it('is a time-out where nothing is awaited', async () => {
    await using world = await FakeWorld.start()
    expect(() => world.cluster.unloadInferenceAsync({ timeout: 5 } as never, callback)).toThrow(/unknown key timeout/)
  })

  it.each([
    [{ keyfile: '/k' }, 'options: unknown key keyfile, did you mean keyFile?'],
    [{ endpoint: { host: 'a', inferenceport: 1 } }, 'endpoint: unknown key inferenceport, did you mean inferencePort?'],
  ])('is refused by connect: %j', async (options, message) => {
    await expect(AICluster.connect(options as never)).rejects.toMatchObject({ code: 302, message: expect.stringContaining(message) })
  })
})

describe('connectTimeoutMs', () => {
  it.each(['5', 0, 0.5, 2 ** 31])('of %j is 302', async (connectTimeoutMs) => {
    await expect(AICluster.connect({ connectTimeoutMs } as never)).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('connectTimeoutMs'),
    })
  })
})
