import { clusterError, RecordFlag, RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { FakeWorld } from '../test/fake-world'
import type { InferenceStream } from './index'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** A stream whose request the manager has got, and which nobody reads yet. */
async function requested(world: FakeWorld): Promise<{ stream: InferenceStream; number: number }> {
  const stream = world.cluster.inferStream('digits', Uint8Array.of(1))
  await eventually('the request', () => world.manager.requests.length > 0)
  return { stream, number: world.manager.requests.at(-1) as number }
}

/** The same, and what its loop has read so far. */
async function streaming(world: FakeWorld): Promise<{ stream: InferenceStream; number: number; read: unknown[]; ended: Promise<number> }> {
  const { stream, number } = await requested(world)
  const read: unknown[] = []
  const loop = async () => {
    for await (const part of stream) read.push(part)
  }
  const ended = loop().then(
    () => 0,
    (error: { code: number }) => error.code,
  )
  return { stream, number, read, ended }
}

describe('a stream', () => {
  it('says that it wants parts, reads them, and says how far it is', async () => {
    await using world = await FakeWorld.start()
    const { stream, number, read, ended } = await streaming(world)
    expect(world.manager.requestRecords[0]?.flags).toBe(RecordFlag.wantsParts)

    for (const n of upTo(5)) world.manager.part(number, n)
    world.manager.endStream(number, 5)

    expect(await ended).toBe(0)
    expect(read).toEqual(upTo(5))
    await expect(stream.result).resolves.toMatchObject({ result: 'end' })
    await eventually('the last word', () => world.manager.windows(number).taken.at(-1) === 5)
    expect(world.cluster.openRequests).toBe(0)
  })

  it('tells nothing of what was not read', async () => {
    await using world = await FakeWorld.start()
    const { stream, number } = await requested(world)
    for (const n of upTo(16)) world.manager.part(number, n)

    await eventually('a beat', () => world.manager.windows(number).taken.length > 1)

    expect(new Set(world.manager.windows(number).taken)).toEqual(new Set([0]))
    const parts = stream[Symbol.asyncIterator]()
    for (const _ of upTo(4)) await parts.next()
    await eventually('what was read', () => world.manager.windows(number).taken.at(-1) === 4)
  })

  it('reads what came before an error, then throws it; nobody has to look at the result', async () => {
    await using world = await FakeWorld.start()
    const { stream, number } = await requested(world)
    for (const n of upTo(3)) world.manager.part(number, n)
    world.manager.refuseRequest(number, clusterError('containerDisconnect', { detail: 'gone' }))
    await eventually('the error', () => world.cluster.openRequests === 0)
    const read: unknown[] = []

    await expect(
      (async () => {
        for await (const part of stream) read.push(part)
      })(),
    ).rejects.toMatchObject({ code: 402 })

    expect(read).toEqual(upTo(3))
    await expect(stream.result).rejects.toMatchObject({ code: 402 })
  })

  it('ends with 999, and tells the container, when a part cannot be read', async () => {
    await using world = await FakeWorld.start()
    const { number, ended } = await streaming(world)

    world.manager.brokenPart(number, 0)

    expect(await ended).toBe(999)
    await eventually('the cancel', () => world.manager.arrivedOf(RecordKind.cancel).length === 1)
  })

  it('whose loop is left is cancelled; its iterator is done', async () => {
    await using world = await FakeWorld.start()
    const { stream, number } = await requested(world)
    for (const n of upTo(3)) world.manager.part(number, n)

    for await (const _ of stream) break

    await eventually('the cancel', () => world.manager.arrivedOf(RecordKind.cancel).some(({ request }) => request === number))
    await expect(stream.result).rejects.toMatchObject({ code: 312 })
    expect(await stream[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
    expect(world.cluster.openRequests).toBe(0)
  })
})

describe('a stream that is left in the middle', () => {
  it('has no result, also when everything of it has come already', async () => {
    await using world = await FakeWorld.start()
    const { stream, number } = await requested(world)
    for (const n of upTo(3)) world.manager.part(number, n)
    world.manager.endStream(number, 3)
    await eventually('the end', () => world.cluster.openRequests === 0)

    for await (const _ of stream) break

    await expect(stream.result).rejects.toMatchObject({ code: 312 })
    expect(world.manager.arrivedOf(RecordKind.cancel)).toEqual([])
  })
})

describe('parts that get lost', () => {
  it('are asked for again; what comes behind the gap is not read before them, and what comes twice once', async () => {
    await using world = await FakeWorld.start()
    const { number, read, ended } = await streaming(world)
    world.manager.part(number, 0)
    world.manager.losePart()
    world.manager.part(number, 2)

    await eventually('the question', () => world.manager.windows(number).again.includes(1))
    expect(read).toEqual([0])
    for (const n of [1, 2, 1, 2, 3]) world.manager.part(number, n)
    world.manager.endStream(number, 4)

    expect(await ended).toBe(0)
    expect(read).toEqual(upTo(4))
  })

  it('at the very end are waited for: the result does not come before them', async () => {
    await using world = await FakeWorld.start()
    const { stream, number, read, ended } = await streaming(world)
    world.manager.part(number, 0)
    world.manager.losePart()
    world.manager.endStream(number, 2)
    let hasResult = false
    void stream.result.then(() => {
      hasResult = true
    })

    await eventually('the question', () => world.manager.windows(number).again.includes(1))
    expect([read, hasResult, world.cluster.openRequests]).toEqual([[0], false, 1])
    world.manager.part(number, 1)

    expect(await ended).toBe(0)
    expect(read).toEqual([0, 1])
    await eventually('the last word', () => world.manager.windows(number).taken.at(-1) === 2)
  })

  it('are asked for again, at growing intervals, until they come', async () => {
    await using world = await FakeWorld.start()
    const { number, ended } = await streaming(world)
    world.manager.endStream(number, 1)

    await eventually('the questions', () => world.manager.windows(number).again.length >= 3)
    world.manager.part(number, 0)

    expect(await ended).toBe(0)
  })

  it('and cannot come any more end it with the error that says so', async () => {
    await using world = await FakeWorld.start()
    const { number, ended } = await streaming(world)
    world.manager.endStream(number, 2)
    await eventually('the question', () => world.manager.windows(number).again.length > 0)

    world.manager.refuseRequest(number, clusterError('containerDisconnect', { detail: 'gone' }))

    expect(await ended).toBe(402)
    expect(world.cluster.openRequests).toBe(0)
  })
})

describe('a connection that comes back', () => {
  it('within the epoch: asks for what is missing', async () => {
    await using world = await FakeWorld.start()
    const { number, read, ended } = await streaming(world)
    world.manager.part(number, 0)
    await eventually('the part', () => read.length === 1)
    await world.cut()
    await world.comeBack()

    await eventually('the question', () => world.manager.windows(number).again.includes(1))
    world.manager.part(number, 1)
    world.manager.endStream(number, 2)

    expect(await ended).toBe(0)
    expect(read).toEqual([0, 1])
  })

  it('to a manager that has forgotten it, and has it run anew: 402, never the parts of two runs', async () => {
    await using world = await FakeWorld.start()
    const { number, read, ended } = await streaming(world)
    world.manager.part(number, 0)
    await eventually('the part', () => read.length === 1)
    await world.cut()
    world.manager.forgetEverything()
    await world.comeBack()
    await eventually('it again', () => world.manager.requests.length === 2)

    for (const n of [0, 1]) world.manager.part(number, n)

    expect(await ended).toBe(402)
    expect(read).toEqual([0])
  })
})
