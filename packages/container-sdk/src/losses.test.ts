import { encodeMsgpack, encodeNumbers, RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { World } from '../test/world'

/** A container that has request 5 in hand. */
async function inHand(world: World) {
  const { manager } = world
  const { held } = await world.hold()
  manager.request(5)
  await eventually('it is in hand', () => held.length === 1)
  return { manager, held }
}

/** A container that has answered request 5. */
async function answered(world: World, text: string) {
  const { manager, held } = await inHand(world)
  held[0]?.answer(text)
  await eventually('the answer', () => manager.answers.length === 1)
  return { manager, held }
}

describe('a request that was lost on its way', () => {
  it('is missed with the next record, asked for until the manager reconciles, and run when it comes again', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    const { manager } = world
    manager.lose()
    manager.request(6)
    await eventually('it is asked for twice', () => manager.of(RecordKind.resync).length === 2)

    manager.reconcile(1, [5, 6])
    await eventually('the reconciliation', () => manager.reconciled.length === 1)
    manager.request(5)
    await eventually('both are in hand', () => held.length === 2)

    expect(manager.reconciled).toEqual([[1, [5]]])
    expect(held.map(({ number }) => number)).toEqual([6, 5])
  })
})

describe('a reconciliation', () => {
  it('brings lost answers again, keeps those that shall be kept, and forgets the others', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    const { manager } = world
    for (const number of [5, 6, 7]) manager.request(number)
    await eventually('they are in hand', () => held.length === 3)
    for (const { answer, number } of held) answer(`result ${number}`)
    await eventually('the answers', () => manager.answers.length === 3)

    manager.reconcile(1, [5], [6])
    await eventually('the answer again', () => manager.answers.length === 4)
    manager.reconcile(2, [5, 6, 7])
    await eventually('both that are left', () => manager.answers.length === 6)

    expect(manager.answers.slice(3)).toEqual([
      [5, 'result 5'],
      [5, 'result 5'],
      [6, 'result 6'],
    ])
    expect(manager.reconciled).toEqual([
      [1, []],
      [2, [7]],
    ])
  })
})

describe('a request that comes twice', () => {
  it('is run once while it is in hand', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    const { manager } = world
    for (const number of [5, 5, 6]) manager.request(number)
    await eventually('the last one', () => held.some(({ number }) => number === 6))
    expect(held.map(({ number }) => number)).toEqual([5, 6])
  })

  it('is run once when it is answered: the answer comes again', async () => {
    await using world = await World.start()
    const { manager, held } = await answered(world, 'once')

    manager.request(5)

    await eventually('the answer again', () => manager.answers.length === 2)
    expect(manager.answers).toEqual([
      [5, 'once'],
      [5, 'once'],
    ])
    expect(held).toHaveLength(1)
  })

  it('is run again when it is another attempt; what the first one still answers is dropped', async () => {
    await using world = await World.start()
    const { manager, held } = await inHand(world)
    manager.request(5, { attempt: 1 })
    await eventually('it is run again', () => held.length === 2)

    held[0]?.answer('first')
    held[1]?.answer('second')

    await eventually('the answer', () => manager.answers.length === 1)
    expect(manager.answers).toEqual([[5, 'second']])
    expect(manager.of(RecordKind.result)[0]?.attempt).toBe(1)
    expect(held[0]?.request.signal.aborted).toBe(true)
  })

  it('is run again as another attempt, also when the answer of the first is still kept', async () => {
    await using world = await World.start()
    const { manager, held } = await inHand(world)
    held[0]?.fail(new Error('cut off'))
    await eventually('the answer', () => manager.answers.length === 1)

    manager.request(5, { attempt: 1 })
    await eventually('it is run again', () => held.length === 2)
    held[1]?.answer('second')

    await eventually('the answer', () => manager.answers.length === 2)
    expect(manager.answers).toEqual([
      [5, 999],
      [5, 'second'],
    ])
  })
})

describe('an answer that is settled', () => {
  it('is forgotten', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    for (const number of [5, 6]) world.manager.request(number)
    await eventually('both are in hand', () => held.length === 2)
    for (const { answer } of held) answer('done')
    await eventually('the answers', () => world.manager.answers.length === 2)
    world.manager.settle(5)
    world.manager.reconcile(1, [5, 6])

    await eventually('the reconciliation', () => world.manager.reconciled.length === 1)
    expect(world.manager.reconciled).toEqual([[1, [5]]])
  })

  it('stays when somebody of an earlier epoch says so', async () => {
    await using world = await World.start({ epoch: 2 })
    const { manager } = await answered(world, 'done')
    manager.send(RecordKind.settled, 0, undefined, encodeNumbers([5]), 0, 1)
    manager.reconcile(1, [5])

    await eventually('the reconciliation', () => manager.reconciled.length === 1)
    expect(manager.reconciled).toEqual([[1, []]])
  })
})

describe('a record that makes no sense', () => {
  it.each([
    ['a list that is cut', RecordKind.reconcile, undefined, Buffer.alloc(7)],
    ['a keep that is no list', RecordKind.reconcile, encodeMsgpack({ keep: 'all' }), encodeNumbers([])],
    ['settled with half a number', RecordKind.settled, undefined, Buffer.alloc(3)],
  ])('changes nothing: %s', async (_what, kind, header, body) => {
    await using world = await World.start()
    const { manager } = await answered(world, 'done')

    manager.send(kind, 1, header, body)

    manager.reconcile(2, [5])
    await eventually('the reconciliation', () => manager.reconciled.length === 1)
    expect(manager.reconciled).toEqual([[2, []]])
  })
})
