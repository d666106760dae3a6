import { describe, expect, it } from 'vitest'
import { ending, FakeWorld } from '../test/fake-world'
import { AICluster } from './index'

const soon = () => AbortSignal.timeout(30)

describe('waiting that is given up', () => {
  it.each([
    ['its signal: 312', 312, () => ({ signal: soon() })],
    ['its timeout: 313', 313, () => ({ timeout: 30 })],
  ])('for room ends through %s, and who stands behind moves up', async (_how, code, options) => {
    await using world = await FakeWorld.start({ maxPendingBytes: 10_000 })
    const { outcomes, numbers } = await world.openRequests(1)
    const large = ending(world.cluster.waitForRoom(50_000, options()))
    const small = world.cluster.waitForRoom(1)
    expect(await large).toBe(code)
    await small
    world.manager.answer(numbers[0] as number, 'done')
    expect(await Promise.all(outcomes)).toEqual(['done'])
  })

  it.each([
    ['its signal: 312', 312, () => ({ signal: soon() })],
    ['its timeout: 313', 313, () => ({ timeout: 30 })],
  ])('for the check of the connection ends through %s', async (_how, code, options) => {
    await using world = await FakeWorld.start()
    world.manager.pongs = false
    expect(await ending(world.cluster.connectAICluster(options()))).toBe(code)
  })

  it('for the connection ends through its signal with 312', async () => {
    await using world = await FakeWorld.start()
    world.manager.welcomes = false
    const connecting = AICluster.connect({ endpoint: world.manager.endpoint, signal: soon() })
    await expect(connecting).rejects.toMatchObject({ code: 312 })
  })

  it('does not begin when its signal has aborted already', async () => {
    await using world = await FakeWorld.start()
    const signal = AbortSignal.abort()
    expect(await ending(world.cluster.waitForRoom(0, { signal }))).toBe(312)
    expect(await ending(world.cluster.connectAICluster({ signal }))).toBe(312)
    expect(await ending(world.cluster.shutdown({ signal }))).toBe(312)
    expect(world.manager.commands).toEqual([])
  })

  it.each(['now', { stopContainers: 'no' }])('shutdown refuses %j with 302', async (options) => {
    await using world = await FakeWorld.start()
    expect(await ending(world.cluster.shutdown(options as never))).toBe(302)
  })
})
