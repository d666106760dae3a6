import { RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { World } from '../test/world'

describe('a container whose manager was restarted', () => {
  it('says what it has in hand and what it has answered, and under which manager', async () => {
    await using world = await World.start({ epoch: 7 })
    const { held } = await world.hold()
    for (const number of [5, 6]) world.manager.request(number)
    await eventually('both are in hand', () => held.length === 2)
    held[0]?.answer('five')
    await eventually('the answer', () => world.manager.answers.length === 1)
    await world.kill()

    await world.restart({ epoch: 8 })

    expect(world.manager.hello).toMatchObject({ epoch: 7, session: 1, header: { in_hand: [6], answered: [5] } })
  })

  it('goes on with what it has in hand, and answers it over the new connection', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    world.manager.request(5)
    await eventually('it is in hand', () => held.length === 1)
    await world.kill()
    await world.restart({ epoch: 2 })

    held[0]?.answer('five')

    await eventually('the answer', () => world.manager.answers.length === 1)
    expect(world.manager.answers).toEqual([[5, 'five']])
    expect(held[0]?.request.signal.aborted).toBe(false)
  })

  it('keeps what it answers meanwhile until the manager asks for it', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    world.manager.request(5)
    await eventually('it is in hand', () => held.length === 1)
    await world.kill()
    held[0]?.answer('five')
    await world.restart({ epoch: 2 })
    await world.ready()
    expect(world.manager.hello?.header.answered).toEqual([5])
    expect(world.manager.answers).toEqual([])

    world.manager.reconcile(1, [5])

    await eventually('the answer', () => world.manager.answers.length === 1)
    expect(world.manager.answers).toEqual([[5, 'five']])
    expect(world.manager.reconciled).toEqual([[1, []]])
  })

  it('sends by itself what it has answered since its hello: the manager counts on it', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    world.manager.request(5)
    await eventually('it is in hand', () => held.length === 1)
    await world.kill()
    // The second hello on each link is answered only.
    const back = world.restart({ epoch: 2, deafTo: 2 })
    await eventually('the hello', () => world.manager.epoch === 2 && world.manager.hello)
    held[0]?.answer('five')
    await back

    await eventually('the answer', () => world.manager.answers.length === 1)
    expect(world.manager.answers).toEqual([[5, 'five']])
  })

  it('is ready again', async () => {
    await using world = await World.start()
    await world.hold()
    await world.kill()
    await world.restart({ epoch: 2 })
    await world.ready()
  })
})

describe('a container that comes back to the same manager', () => {
  it('asks what is still wanted, as the manager may have said so already', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    world.manager.request(5)
    await eventually('it is in hand', () => held.length === 1)
    await world.kill()
    await world.restart({ epoch: 1 })
    await eventually('resync', () => world.manager.of(RecordKind.resync).length > 0)

    world.manager.reconcile(1, [])

    await eventually('the reconciliation', () => world.manager.reconciled.length === 1)
    expect(held[0]?.request.signal.aborted).toBe(true)
  })
})

describe('a hello without an answer', () => {
  it('is said again', async () => {
    await using world = await World.start({ deafTo: 3 })
    await world.connect()
    expect(world.manager.of(RecordKind.hello).length).toBeGreaterThan(3)
  })
})
