import { RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { ending, FakeWorld } from '../test/fake-world'

const BODY = Uint8Array.of(1)

describe('release', () => {
  it('ends what is open and what waits with 111, and says goodbye', async () => {
    await using world = await FakeWorld.start({ maxPending: 1 })
    const { outcomes } = await world.openRequests(1)
    outcomes.push(ending(world.cluster.infer('digits', BODY)), ending(world.cluster.getContainerHandler()))

    await world.cluster.release()

    expect(await Promise.all(outcomes)).toEqual([111, 111, 111])
    await eventually('the goodbye', () => world.manager.arrivedOf(RecordKind.goodbye, 'inference').length === 1)
    expect(await ending(world.cluster.infer('digits', BODY))).toBe(111)
    expect(world.events).toEqual([])
  })

  it('with drainMs waits for what is open and what waits, takes nothing new, and only then says goodbye', async () => {
    await using world = await FakeWorld.start({ maxPending: 1 })
    const { outcomes } = await world.openRequests(1)
    outcomes.push(ending(world.cluster.infer('digits', BODY)))
    const released = world.cluster.release({ drainMs: 10_000 })

    expect(await ending(world.cluster.infer('digits', BODY))).toBe(111)
    expect(await ending(world.cluster.getContainerHandler())).toBe(111)
    world.manager.onRequest = ({ request }) => world.manager.answer(request, 'drained')
    world.manager.answer(world.manager.requests[0] as number, 'drained')

    await released
    expect(await Promise.all(outcomes)).toEqual(['drained', 'drained'])
    await eventually('the goodbye', () => world.manager.arrivedOf(RecordKind.goodbye).length === 1)
  })

  it('with drainMs waits for commands', async () => {
    await using world = await FakeWorld.start()
    const reply = world.cluster.getContainerHandler()
    world.manager.onRequest = ({ request }) => setTimeout(() => world.manager.reply(request, []), 50)
    await world.cluster.release({ drainMs: 10_000 })
    expect(await reply).toEqual([])
  })

  it('waits no longer than drainMs', async () => {
    await using world = await FakeWorld.start()
    const { outcomes } = await world.openRequests(1)
    const startedAt = performance.now()
    await world.cluster.release({ drainMs: 100 })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(99)
    expect(await Promise.all(outcomes)).toEqual([111])
  })

  it('said again without drainMs cuts the waiting short', async () => {
    await using world = await FakeWorld.start()
    const { outcomes } = await world.openRequests(1)
    const startedAt = performance.now()
    const released = world.cluster.release({ drainMs: 10_000 })
    await world.cluster.release()
    await released
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    expect(await Promise.all(outcomes)).toEqual([111])
  })

  it.each([-1, 1.5, Number.NaN, 86_400_001])('refuses drainMs %j with 302 and goes on', async (drainMs) => {
    await using world = await FakeWorld.start()
    expect(await ending(world.cluster.release({ drainMs }))).toBe(302)
    expect(world.cluster.isConnected).toBe(true)
  })
})
