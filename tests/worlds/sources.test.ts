import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Bursts, numbersOf, take, upTo } from './bursts'
import { eventually } from './eventually'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)
const SOURCE = { input: null, output: 'Main' } as const

describe('a source', () => {
  let world: World
  let bursts: Bursts

  beforeAll(async () => {
    world = await startWorld()
    bursts = new Bursts(world)
    await world.load('source', 'camera', { ...SOURCE, inferenceModules: { subInferenceName: 'depth' } })
    await world.load('echo', 'echo')
  })
  afterEach(() => world.atRest())
  afterAll(() => world[Symbol.asyncDispose]())

  it('is read in order by every application that asked, and twice by one that asked twice', async () => {
    const other = await world.connect()
    await using a = await world.cluster.subscribe('camera')
    await using b = await world.cluster.subscribe('camera')
    await using c = await other.subscribe('camera')

    await bursts.publish({ count: 50 })

    const [first, second, third] = await Promise.all([a, b, c].map((subscription) => take(subscription, 50)))
    const [start] = numbersOf(first ?? []) as [number]
    for (const results of [first, second, third]) {
      expect(numbersOf(results ?? [])).toEqual(upTo(50, start))
      expect(results?.map(({ result }) => result)).toEqual(upTo(50, start))
    }
    expect((await world.metrics()).gauges.subscriptions).toBe(2)
    const response = first?.[0]?.response
    expect(response).toMatchObject({ inferenceName: 'camera', subInferenceName: 'camera', requestNo: '', pid: process.pid })
    const [sent = 0, received = 0, here = 0] = response?.timeStamp.slice(4) ?? []
    expect(here).toBeGreaterThanOrEqual(received)
    expect(received).toBeGreaterThanOrEqual(sent - 5)
    expect([a.dropped, b.dropped, c.dropped]).toEqual([0, 0, 0])
  })

  it('publishes binary parts anywhere, small and large', async () => {
    await using subscription = await world.cluster.subscribe('camera')

    await bursts.publish({ count: 1, as: 'nested' })
    await bursts.publish({ count: 1, as: 'bytes', bytes: 3_000_000 })

    const [nested, large] = await take(subscription, 2)
    const n = Number(nested?.response.metadata.n)
    expect(nested?.result).toMatchObject({
      list: [1, { raw: Buffer.of(n, n + 1) }, null],
      deep: { image: { dtype: 'uint16', shape: [2, 2], data: Uint16Array.of(1, 2, 3, 65_535) } },
    })
    const { data } = (large?.result ?? {}) as { data?: Uint8Array }
    expect(Buffer.alloc(3_000_000, 7).equals(data ?? Buffer.alloc(0))).toBe(true)
  })

  it('publishes under the name of a module too, to those that asked for that name', async () => {
    await using camera = await world.cluster.subscribe('camera')
    await using depth = await world.cluster.subscribe('depth')

    await bursts.publish({ count: 1, name: 'depth' })
    await bursts.publish({ count: 1 })

    const [[fromDepth], [fromCamera]] = await Promise.all([take(depth, 1), take(camera, 1)])
    expect(fromDepth?.response.subInferenceName).toBe('depth')
    expect(Number(fromCamera?.response.metadata.n)).toBe(Number(fromDepth?.response.metadata.n) + 1)
  })

  it('does not mind that nobody listens, and gives nothing to who has left', async () => {
    const subscription = await world.cluster.subscribe('camera')
    await subscription.return()
    const sentBefore = await world.counter('published_sent_total')
    const receivedBefore = await world.counter('published_received_total')

    const { stood, dropped } = await bursts.publish({ count: 3 })
    await eventually('the manager to have them', async () => (await world.counter('published_received_total')) === receivedBefore + 3)

    expect(stood).toEqual([true, true, true])
    expect(dropped).toBe(0)
    expect(await subscription.next()).toEqual({ done: true, value: undefined })
    expect(await world.counter('published_sent_total')).toBe(sentBefore)
    expect((await world.metrics()).gauges.subscriptions).toBe(0)
  })

  it('drops the oldest in an application that reads slowly, and counts them', async () => {
    await using slow = await world.cluster.subscribe('camera', { buffer: 10 })
    await using fast = await world.cluster.subscribe('camera', { buffer: 100 })

    await bursts.publish({ count: 40 })
    const all = numbersOf(await take(fast, 40))

    expect(slow.dropped).toBe(30)
    expect(numbersOf(await take(slow, 10))).toEqual(all.slice(30))
  })

  it('takes no requests: 403; and only a source can be subscribed to: 300, 302, 100', async () => {
    const { cluster } = world
    await expect(cluster.infer('camera', BODY)).rejects.toMatchObject({ code: 403 })
    await expect(cluster.subscribe('nobody')).rejects.toMatchObject({ code: 300, name: 'InferenceNameNotFoundError' })
    await expect(cluster.subscribe('echo')).rejects.toMatchObject({ code: 302, message: expect.stringContaining("input: 'None'") })
    await expect(cluster.subscribe('')).rejects.toMatchObject({ code: 100 })
    await expect(cluster.subscribe('camera', { buffer: 0 })).rejects.toMatchObject({ code: 302 })
    expect((await world.metrics()).gauges.subscriptions).toBe(0)
  })

  it('is left through a signal', async () => {
    const controller = new AbortController()
    const subscription = await world.cluster.subscribe('camera', { signal: controller.signal })
    const next = subscription.next()

    controller.abort(new Error('enough'))

    await expect(next).rejects.toMatchObject({ code: 312 })
    await eventually('the cluster to know', async () => (await world.metrics()).gauges.subscriptions === 0)
  })

  it('goes to no application that has gone', async () => {
    const other = await world.connect()
    const subscription = await other.subscribe('camera')
    const next = subscription.next()

    await other.release()

    await expect(next).rejects.toMatchObject({ code: 111 })
    await eventually('its subscription to end', async () => (await world.metrics()).gauges.subscriptions === 0)
  })
})

describe('a subscription', () => {
  it('ends with 300 when the inference is unloaded, after what had come', async () => {
    await using world = await startWorld()
    await world.load('source', 'camera', SOURCE)
    const subscription = await world.cluster.subscribe('camera')
    await new Bursts(world).publish({ count: 2 })
    await eventually('both', () => subscription.waiting === 2)

    await world.cluster.unloadInference({ inferenceName: 'camera' })

    expect(await take(subscription, 2)).toHaveLength(2)
    await expect(subscription.next()).rejects.toMatchObject({ code: 300, message: expect.stringContaining('unloaded') })
    expect(await subscription.next()).toEqual({ done: true, value: undefined })
  })

  it('goes on when the container is killed and started again', async () => {
    await using world = await startWorld()
    const bursts = new Bursts(world)
    await world.load('source', 'camera', SOURCE)
    await using subscription = await world.cluster.subscribe('camera')
    await bursts.publish({ count: 1 })
    const [before] = await take(subscription, 1)
    const pid = (await world.pids('camera'))['camera-board1'] ?? 0

    process.kill(pid, 'SIGKILL')
    await eventually('its successor', async () => {
      const [status] = await world.cluster.getContainerStatus('camera')
      return status?.pid !== pid && status?.connectStatus === 'connected'
    })
    await bursts.publish({ count: 3 })

    const after = await take(subscription, 3)
    expect(numbersOf(after)).toEqual([0, 1, 2])
    expect(after[0]?.response.metadata.pid).not.toBe(before?.response.metadata.pid)
    await world.atRest()
  })

  it('goes on when the manager is killed and started again, with a gap', async () => {
    await using world = await startWorld()
    const bursts = new Bursts(world)
    await world.load('source', 'camera', SOURCE)
    await using subscription = await world.cluster.subscribe('camera')
    await bursts.publish({ count: 1 })
    expect(numbersOf(await take(subscription, 1))).toEqual([0])

    await world.endManager('SIGKILL')
    await eventually('the container to notice', async () => (await bursts.publish({ count: 1 })).stood[0] === false)
    await world.startManager()
    await eventually('all are back', async () => {
      const { gauges } = await world.metrics()
      return gauges.containers_connected === 1 && gauges.subscriptions === 1
    })
    await eventually('the container to publish', async () => (await bursts.publish({ count: 2 })).stood.every(Boolean))

    const [next = 0, nextButOne] = numbersOf(await take(subscription, 2)) as number[]
    expect(next).toBeGreaterThan(1)
    expect(nextButOne).toBe(next + 1)
    await world.atRest()
  })
})

describe('an application that stands still', () => {
  it('loses the oldest, which are counted, and slows nobody', async () => {
    await using world = await startWorld()
    await world.load('source', 'camera', SOURCE)
    await using fast = await world.cluster.subscribe('camera', { buffer: 1000 })
    const program = fileURLToPath(new URL('programs/slow-subscriber.mjs', import.meta.url))
    const slow = fork(program, [world.stateFolder, 'camera'], { stdio: 'inherit', execArgv: [], env: {} })
    await once(slow, 'message')
    slow.send({ gate: join(world.gates.folder, 'go-on'), untilLast: 79 })

    await new Bursts(world).publish({ count: 80, as: 'bytes', bytes: 1_000_000, everyMs: 10 })
    expect(numbersOf(await take(fast, 80))).toEqual(upTo(80))
    const told = once(slow, 'message')
    world.gates.open('go-on')

    const [{ got, dropped }] = (await told) as [{ got: number[]; dropped: number }]
    const counted = await world.counter('published_dropped_total')
    expect(counted).toBeGreaterThan(0)
    expect(got.length + counted).toBe(80)
    expect([...got].sort((a, b) => a - b)).toEqual(got)
    expect(dropped).toBe(0)
    await world.atRest()
  })
})
