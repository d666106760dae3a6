import { hostname } from 'node:os'
import type { AICluster, QueueInfo } from '@aicluster/host-sdk'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)

/** So many requests; what becomes of each, as its code or `done`. */
const ask = (cluster: AICluster, name: string, count: number): Promise<number | string>[] =>
  Array.from({ length: count }, () =>
    cluster.infer(name, BODY).then(
      () => 'done',
      (error) => error.code,
    ),
  )

describe('the queues, seen by two applications', () => {
  let world: World
  let other: AICluster
  beforeAll(async () => {
    world = await startWorld()
    other = await world.connect()
  })
  afterEach(() => world.settle())
  afterAll(() => world[Symbol.asyncDispose]())

  /** One request in the container's hands and one waiting, of the first application; then one waiting, of the other. */
  async function threeOpen(name: string) {
    await world.load('gated', name)
    const mine = ask(world.cluster, name, 2)
    await world.until(name, { held: 1, waiting: 1 })
    const others = ask(other, name, 1)
    await world.until(name, { held: 1, waiting: 2 })
    return { mine, others }
  }

  it('show what waits and what is in hand, whose it is, since when, and where', async () => {
    const before = Date.now()
    await threeOpen('shown')

    const entries = await world.cluster.getQueueInfo({ inferenceName: 'shown' })

    expect(entries.map(({ state, own, suffixName }) => [state === 'queued', own, suffixName])).toEqual([
      [false, true, 'shown-board1'],
      [true, true, undefined],
      [true, false, undefined],
    ])
    for (const { inferenceName, pid, host, mngQueueIn } of entries) {
      expect({ inferenceName, pid, host }).toEqual({ inferenceName: 'shown', pid: process.pid, host: hostname() })
      expect(new Date(mngQueueIn).toISOString()).toBe(mngQueueIn)
      expect(Date.parse(mngQueueIn)).toBeGreaterThanOrEqual(before - 1000)
    }
  })

  it('are narrowed by request number, process and name, and read on behind an entry or a number', async () => {
    await threeOpen('narrow')
    const { cluster } = world
    const all = await cluster.getQueueInfo()
    const [first, second, third] = all as [QueueInfo, QueueInfo, QueueInfo]

    expect(await cluster.getQueueInfo({ requestNo: second.requestNo })).toEqual([second])
    expect(await cluster.getQueueInfo({ requestNo: Number(third.requestNo), pid: process.pid })).toEqual([third])
    expect(await cluster.getQueueInfo({ pid: process.pid + 1 })).toEqual([])
    expect(await cluster.getQueueInfo({ limit: 1 })).toEqual([first])
    expect(await cluster.getQueueInfo({ limit: 1, after: first })).toEqual([second])
    expect(await cluster.getQueueInfo({ after: second.requestNo })).toEqual([third])
    await expect(cluster.getQueueInfo({ inferenceName: 'nobody' })).rejects.toMatchObject({ code: 300 })
  })

  it('give up nothing to whom it does not belong: 308, unless forced; the owners see 310', async () => {
    const { mine, others } = await threeOpen('foreign')

    await expect(other.deleteQueue({ inferenceName: 'foreign' })).rejects.toMatchObject({ code: 308, name: 'PermissionError' })
    expect(await other.getQueueInfo()).toHaveLength(3)

    expect(await other.deleteQueue({ inferenceName: 'foreign', forceDelete: true })).toEqual([])
    expect(await others[0]).toBe(310)
    expect(await mine[1]).toBe(310)
    world.gates.openAll()
    expect(await mine[0]).toBe('done')
  })

  it('lose one request by its number; what still waits is the result', async () => {
    const { mine, others } = await threeOpen('single')
    const [, waiting] = await world.cluster.getQueueInfo({ inferenceName: 'single' })
    const { requestNo } = waiting as QueueInfo

    const rest = await world.cluster.deleteQueue({ requestNo })

    expect(rest).toMatchObject([{ own: false, state: 'queued' }])
    expect(await mine[1]).toBe(310)
    expect(await world.cluster.deleteQueue({ requestNo })).toHaveLength(1)
    world.gates.openAll()
    expect(await Promise.all([mine[0], others[0]])).toEqual(['done', 'done'])
  })

  it('are read whole, entry by entry, over several pages', async () => {
    await world.load('gated', 'many')
    const outcomes = ask(world.cluster, 'many', 2_500)
    await world.until('many', { held: 1, waiting: 2_499 })

    const numbers: string[] = []
    for await (const { requestNo } of world.cluster.queueEntries({ inferenceName: 'many' })) numbers.push(requestNo)

    expect(new Set(numbers).size).toBe(2_500)
    expect(numbers.map(Number)).toEqual(numbers.map(Number).sort((a, b) => a - b))
    expect(await world.cluster.deleteQueue({ inferenceName: 'many' })).toEqual([])
    world.gates.openAll()
    expect((await Promise.all(outcomes)).filter((outcome) => outcome === 310)).toHaveLength(2_499)
  })
})
