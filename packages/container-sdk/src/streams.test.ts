import { RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { World } from '../test/world'
import type { ReceivedRequest } from './index'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** Yields numbers up to what the metadata say, for ever without; returns how many. */
async function* count({ metadata }: ReceivedRequest) {
  const { count: limit = Number.POSITIVE_INFINITY } = metadata as { count?: number }
  let n = 0
  while (n < limit) yield n++
  return `${n} parts`
}

async function serving(world: World): Promise<void> {
  const connector = await world.connect()
  void connector.serve(count)
  await world.ready()
}

describe('a handler that is an async generator', () => {
  it('answers in parts, the answer saying how many come before it', async () => {
    await using world = await World.start()
    const connector = await world.connect()
    void connector.serve(async function* () {
      yield 'a'
      yield { bytes: Buffer.from('b') }
      return 'done'
    })
    await world.ready()

    world.manager.stream(7)

    await eventually('the answer', () => world.manager.of(RecordKind.result).length === 1)
    expect(world.manager.parts(7)).toEqual([0, 1])
    expect(world.manager.of(RecordKind.part).map(({ header }) => header.result)).toEqual(['a', { bytes: null }])
    expect(world.manager.of(RecordKind.part)[1]?.body.toString()).toBe('b')
    expect(world.manager.of(RecordKind.result)[0]).toMatchObject({ request: 7, part: 2, header: { result: 'done' } })
  })

  it('sends nothing but its result where nobody asked for parts', async () => {
    await using world = await World.start()
    await serving(world)

    world.manager.request(7, { metadata: { count: 100 } })

    await eventually('the answer', () => world.manager.answers.length === 1)
    expect(world.manager.answers).toEqual([[7, '100 parts']])
    expect(world.manager.of(RecordKind.result, RecordKind.part).map(({ part }) => part)).toEqual([0])
  })

  it('that never ends can be cancelled where nobody asked for parts, too', async () => {
    await using world = await World.start()
    await serving(world)
    world.manager.request(7)

    world.manager.cancel(7)

    await eventually('the answer', () => world.manager.answers.length === 1)
    expect(world.manager.answers).toEqual([[7, 312]])
  })

  it('goes on as its parts are taken, and no faster', async () => {
    await using world = await World.start()
    await serving(world)
    world.manager.stream(7)
    await eventually('the window to close', () => world.manager.parts(7).length === 16)

    world.manager.window(7, 5)

    await eventually('more', () => world.manager.parts(7).length === 21)
    expect(world.manager.parts(7)).toEqual(upTo(21))
  })

  it('is returned from when nobody waits any more, and frees its credit', async () => {
    await using world = await World.start()
    const connector = await world.connect()
    let cleanedUp = false
    void connector.serve(async function* () {
      try {
        for (let n = 0; ; n++) yield n
      } finally {
        cleanedUp = true
      }
    })
    await world.ready()
    world.manager.stream(7)
    await eventually('the window to close', () => world.manager.parts(7).length === 16)

    world.manager.cancel(7)

    await eventually('the answer', () => world.manager.answers.length === 1)
    expect(world.manager.answers).toEqual([[7, 312]])
    expect(cleanedUp).toBe(true)
  })
})

describe('sendPart', () => {
  it('rejects with 312 once the request was cancelled or answered, with 302 for what cannot travel, with 111 once it is closed', async () => {
    await using world = await World.start()
    const connector = await world.connect()
    const first = connector.receiveRequest()
    await world.ready()
    world.manager.stream(1)
    const { response, wantsParts } = await first
    expect(wantsParts).toBe(true)
    await expect(connector.sendPart(() => {}, response)).rejects.toMatchObject({ code: 302 })
    await expect(connector.sendPart(Buffer.alloc(9 * 1024 * 1024), response)).rejects.toMatchObject({ code: 302 })
    connector.sendResponse('done', response)
    await expect(connector.sendPart('late', response)).rejects.toMatchObject({ code: 312 })
    world.manager.stream(2)
    const second = await connector.receiveRequest()
    world.manager.cancel(2)
    await eventually('the cancel', async () => (second as ReceivedRequest).signal.aborted)
    await expect(connector.sendPart('unwanted', second.response)).rejects.toMatchObject({ code: 312 })

    await connector.close({ drainMs: 0 })

    await expect(connector.sendPart('closed', second.response)).rejects.toMatchObject({ code: 111 })
  })

  it('that waits rejects with 111 when the Connector is closed', async () => {
    await using world = await World.start()
    const connector = await world.connect()
    const received = connector.receiveRequest()
    await world.ready()
    world.manager.stream(1)
    const { response } = await received
    const sent = Promise.allSettled(upTo(17).map((n) => connector.sendPart(n, response)))
    await eventually('the window to close', () => world.manager.parts(1).length === 16)

    await connector.close({ drainMs: 0 })

    expect((await sent).at(-1)).toMatchObject({ status: 'rejected', reason: { code: 111 } })
  })
})

describe('parts that get lost', () => {
  it('are sent again when the reader misses them, also after the answer', async () => {
    await using world = await World.start()
    await serving(world)
    world.manager.stream(7)
    await eventually('the window to close', () => world.manager.parts(7).length === 16)

    world.manager.window(7, 12, true)

    await eventually('them again', () => world.manager.parts(7).length === 20)
    expect(world.manager.parts(7).slice(16)).toEqual([12, 13, 14, 15])
  })

  it('are sent again, ahead of the answer, when the manager asks what is open; nothing once it is settled', async () => {
    await using world = await World.start()
    const connector = await world.connect()
    const received = connector.receiveRequest()
    await world.ready()
    world.manager.stream(7)
    const { response } = await received
    for (const part of ['a', 'b']) await connector.sendPart(part, response)
    world.manager.reconcile(1, [7])
    await eventually('the parts again', () => world.manager.parts(7).length === 4)
    connector.sendResponse('done', response)
    await eventually('the answer', () => world.manager.answers.length === 1)

    world.manager.reconcile(2, [7])
    await eventually('all of it again', () => world.manager.answers.length === 2)
    world.manager.window(7, 1, true)
    await eventually('the last part again', () => world.manager.parts(7).length === 7)
    world.manager.settle(7)
    world.manager.window(7, 0, true)
    world.manager.reconcile(3, [])
    await eventually('the last word', () => world.manager.reconciled.length === 3)

    expect(world.manager.parts(7)).toEqual([0, 1, 0, 1, 0, 1, 1])
    const kinds = world.manager.of(RecordKind.part, RecordKind.result).map(({ kind }) => kind)
    expect(kinds.lastIndexOf(RecordKind.result)).toBe(kinds.length - 2)
  })
})
