import { decodeNumbers, RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import type { FakeManager } from '../test/fake-manager'
import { World } from '../test/world'

/** The numbers of each `taken` record. */
const takenOf = (manager: FakeManager) => manager.of(RecordKind.taken).map(({ body }) => decodeNumbers(body))

describe('a container that is a sink', () => {
  it('says that its program has taken requests, and no others; what comes of them goes nowhere', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    world.manager.request(5, { sink: true })
    world.manager.request(6, { sink: true })
    world.manager.request(7)
    await eventually('all three', () => held.length === 3 && takenOf(world.manager).flat().length === 2)

    expect(takenOf(world.manager).flat()).toEqual([5, 6])
    held[0]?.answer('secret')
    held[1]?.fail(new Error('broken'))
    held[2]?.answer('wanted')
    await eventually('three answers', () => world.manager.answers.length === 3)
    expect(world.manager.answers).toEqual([
      [5, ''],
      [6, ''],
      [7, 'wanted'],
    ])
  })

  it('says nothing of what its program has not got', async () => {
    await using world = await World.start()
    const { held } = await world.hold({ concurrency: 1 })
    world.manager.request(5, { sink: true })
    world.manager.request(6, { sink: true })
    await eventually('the word', () => takenOf(world.manager).length > 0)
    expect(takenOf(world.manager)).toEqual([[5]])

    held[0]?.answer(null)
    await eventually('the next word', () => takenOf(world.manager).length > 1)
    expect(takenOf(world.manager)).toEqual([[5], [6]])
  })

  it('says it again when the manager asks for what got lost, until it is known to be heard', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    world.manager.request(5, { sink: true })
    await eventually('the word', () => takenOf(world.manager).length > 0)

    world.manager.reconcile(1, [5])
    await eventually('it again', () => takenOf(world.manager).length > 1)
    expect(takenOf(world.manager)).toEqual([[5], [5]])
    await eventually('the ack', () => held[0]?.request.isBeyondRecall)
    world.manager.reconcile(2, [5])
    await eventually('the answer to that', () => world.manager.reconciled.length === 2)

    expect(takenOf(world.manager)).toEqual([[5], [5]])
  })

  it('says it to the next manager, which knows nothing of it', async () => {
    await using world = await World.start({ epoch: 1 })
    await world.hold()
    world.manager.request(5, { sink: true })
    await eventually('the word', () => takenOf(world.manager).length > 0)

    await world.kill()
    await world.restart({ epoch: 2 })

    await eventually('it again', () => takenOf(world.manager).length > 0)
    expect(takenOf(world.manager)).toEqual([[5]])
    expect(world.manager.hello?.header).toMatchObject({ in_hand: [5] })
  })

  it('is told that nobody wants it: it gives back what its program has not got, and goes on with the rest', async () => {
    await using world = await World.start()
    const { held } = await world.hold({ concurrency: 1 })
    world.manager.request(5, { sink: true })
    world.manager.request(6, { sink: true })
    await eventually('the first', () => held.length === 1 && takenOf(world.manager).length > 0)
    await eventually('the ack', () => held[0]?.request.isBeyondRecall)
    world.manager.cancel(6)
    await eventually('the end of what was not taken', () => world.manager.answers.length === 1)
    expect(world.manager.answers).toEqual([[6, 312]])

    world.manager.cancel(5)
    world.manager.request(7)
    held[0]?.answer(null)
    await eventually('the next', () => held.length === 2)

    expect(held[0]?.request.signal.aborted).toBe(false)
  })
})
