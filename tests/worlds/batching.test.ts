import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { upTo } from './bursts'
import { eventually } from './eventually'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)

describe('a container with several credits', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld()
  })
  afterEach(() => world.settle())
  afterAll(() => world[Symbol.asyncDispose]())

  it('gets as many requests at once as it may hold, and no more; its handler runs for each at the same time', async () => {
    await world.load('gated', 'gated', { maxSendNum: 3 })
    const requests = upTo(5).map((n) => world.cluster.infer('gated', BODY, { tag: `n${n}` }))
    await world.until('gated', { held: 3, waiting: 2 })

    await eventually('three to have begun', () => upTo(3).every((n) => world.gates.sawBeginOf(`n${n}`)))
    expect([3, 4].map((n) => world.gates.sawBeginOf(`n${n}`))).toEqual([false, false])
    world.gates.open('open')

    await Promise.all(requests)
  })

  it('runs requests as batches: a model that costs the same for one and for many answers many times as much', async () => {
    const throughput = async (max: number) => {
      await world.load('batcher', 'model', { maxSendNum: 8, env: { TEST_MAX: String(max) } })
      const began = performance.now()
      const sizes = (await Promise.all(upTo(32).map(() => world.cluster.infer('model', BODY)))).map(({ result }) => Number(result))
      const perSecond = 32_000 / (performance.now() - began)
      await world.cluster.unloadInference({ inferenceName: 'model' })
      return { perSecond, largest: Math.max(...sizes) }
    }

    const single = await throughput(1)
    const batched = await throughput(8)

    expect([single.largest, batched.largest]).toEqual([1, 8])
    expect(batched.perSecond).toBeGreaterThan(3 * single.perSecond)
  })
})
