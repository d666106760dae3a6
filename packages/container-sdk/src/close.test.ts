import { RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { World } from '../test/world'

const { draining, goodbye } = RecordKind

describe('a container that is closed', () => {
  it('says that it drains, finishes what is in hand, and says goodbye when that is done', async () => {
    await using world = await World.start()
    const { connector, held } = await world.hold()
    const { manager } = world
    manager.request(5)
    await eventually('it is in hand', () => held.length === 1)

    const closed = connector.close()
    await eventually('draining', () => manager.of(draining).length > 0)
    expect(manager.of(goodbye)).toEqual([])
    held[0]?.answer('five')
    await eventually('the answer', () => manager.answers.length === 1)
    manager.settle(5)
    await closed

    expect(manager.answers).toEqual([[5, 'five']])
    expect(manager.of(goodbye).map(({ link }) => link)).toEqual(['answers'])
  })

  it('runs what was on its way when it said so', async () => {
    await using world = await World.start()
    const { connector, held } = await world.hold()
    world.manager.request(5)
    const closed = connector.close()
    await eventually('it is in hand', () => held.length === 1)
    held[0]?.answer('five')
    await closed
    expect(world.manager.answers).toEqual([[5, 'five']])
  })

  it('gives what was on its way to the program that waits for it, and then no more', async () => {
    await using world = await World.start()
    const connector = await world.connect()
    const first = connector.receiveRequest()
    await world.ready()
    world.manager.request(5)
    const closed = connector.close()
    connector.sendResponse('five', (await first).response)
    await expect(connector.receiveRequest()).rejects.toMatchObject({ code: 111 })
    await closed
    expect(world.manager.answers).toEqual([[5, 'five']])
  })

  it('ends a loop over its requests', async () => {
    await using world = await World.start()
    const connector = await world.connect()
    const seen: string[] = []
    const loop = (async () => {
      for await (const { response } of connector.requests()) {
        seen.push(response.requestNo)
        connector.sendResponse('done', response)
      }
    })()
    await world.ready()
    world.manager.request(5)
    await eventually('the answer', () => world.manager.answers.length === 1)
    await connector.close()
    await loop
    expect(seen).toEqual(['5'])
  })

  it('does not wait longer than its limit', async () => {
    await using world = await World.start()
    const { connector, held } = await world.hold()
    world.manager.request(5)
    await eventually('it is in hand', () => held.length === 1)
    await connector.close({ drainMs: 20 })
    held[0]?.answer('too late')
    expect(world.manager.answers).toEqual([])
    expect(world.manager.of(goodbye)).toHaveLength(1)
  })

  it('does not wait for what nobody waits for and no handler works on', async () => {
    await using world = await World.start()
    const connector = await world.connect()
    const receiving = connector.receiveRequest()
    await world.ready()
    world.manager.request(5)
    await receiving
    world.manager.cancel(5)

    await connector.close()

    expect(world.manager.answers).toEqual([])
  })

  it('waits for the handler of what nobody waits for', async () => {
    await using world = await World.start()
    const { connector, held } = await world.hold()
    world.manager.request(5)
    await eventually('it is in hand', () => held.length === 1)
    world.manager.cancel(5)
    await eventually('the signal', () => held[0]?.request.signal.aborted)
    const closed = connector.close()
    await eventually('draining', () => world.manager.of(draining).length > 0)
    held[0]?.answer('all the same')
    await closed
    expect(world.manager.answers).toEqual([[5, 'all the same']])
  })

  it('does not wait when the manager will have nothing of it any more', async () => {
    await using world = await World.start()
    const { connector, held } = await world.hold()
    world.manager.request(5)
    await eventually('it is in hand', () => held.length === 1)
    const closed = connector.close()
    await eventually('draining', () => world.manager.of(draining).length > 0)

    world.manager.refuse('it was removed')

    await closed
    expect(held[0]?.request.signal.aborted).toBe(false)
  })

  it('that never took requests just says goodbye', async () => {
    await using world = await World.start()
    const connector = await world.connect()
    await connector.close()
    expect(world.manager.records.map(({ kind }) => kind)).not.toContain(draining)
    expect(world.manager.of(goodbye)).toHaveLength(1)
  })

  it('brings its answers to a manager that comes back meanwhile', async () => {
    await using world = await World.start()
    const { connector, held } = await world.hold()
    world.manager.request(5)
    await eventually('it is in hand', () => held.length === 1)
    await world.kill()
    const closed = connector.close()
    held[0]?.answer('five')
    await world.restart({ epoch: 2 })
    // Said once both links stand: a reconciliation before that says nothing.
    await eventually('it drains', () => world.manager.of(RecordKind.draining).length > 0)
    world.manager.reconcile(1, [5])
    await closed
    expect(world.manager.answers).toEqual([[5, 'five']])
    expect(world.manager.of(RecordKind.ready)).toEqual([])
  })

  it('ends serve, also one that begins later', async () => {
    await using world = await World.start()
    const connector = await world.connect()
    const served = connector.serve(() => null)
    await connector.close()
    await served
    const other = await world.connect()
    await other.close()
    await other.serve(() => null)
    await expect(other.serve(() => null)).rejects.toMatchObject({ code: 302 })
  })
})
