import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { read, readToTheEnd, sent, upTo, WINDOW_PARTS } from './parts'
import { startWorld } from './world'

const BODY = Uint8Array.of(1)

describe('an answer in parts', () => {
  it('arrives in order, each part once, then the result', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts')
    const stream = world.cluster.inferStream('parts', BODY, { count: 1_000 })

    expect(await read(stream)).toEqual(upTo(1_000))

    await expect(stream.result).resolves.toMatchObject({ result: { count: 1_000, wantsParts: true }, response: { inferenceName: 'parts' } })
    await world.atRest()
  })

  it('may have no parts at all, many at once, and go on over TCP', async () => {
    await using world = await startWorld({ transport: 'tcp' })
    await world.load('parts', 'parts', { maxSendNum: 4 })
    const streams = [0, 1, 40, 300].map((count) => world.cluster.inferStream('parts', BODY, { count }))

    const lengths = (await Promise.all(streams.map(read))).map(({ length }) => length)

    expect(lengths).toEqual([0, 1, 40, 300])
    await Promise.all(streams.map(({ result }) => result))
    await world.atRest()
  })

  it('carries binary parts, also large ones', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts')

    const parts = (await read(world.cluster.inferStream('parts', BODY, { count: 6, size: 700_000 }))) as Uint8Array[]

    expect(parts.map((part) => part.length)).toEqual(upTo(6).map(() => 700_000))
    expect(parts.every((part, n) => part.every((byte) => byte === n))).toBe(true)
    await world.atRest()
  })

  it('takes an array as data, as inferImage does', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts')
    const image = { dtype: 'uint8' as const, shape: [2, 2], data: Uint8Array.of(1, 2, 3, 4) }

    const stream = world.cluster.inferStream('parts', image, { count: 2 })

    expect(await read(stream)).toEqual([0, 1])

    const { response } = await stream.result
    expect(response.metadataSys.array).toEqual({ dtype: 'uint8', shape: [2, 2] })
  })

  it('of a handler that answers in parts is one result to whoever calls infer', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts')

    const { result } = await world.cluster.infer('parts', BODY, { count: 100, tag: 'plain' })

    expect(result).toMatchObject({ count: 100, wantsParts: false })
    expect(sent(world, 'plain')).toBe(100)
    expect(await world.counter('parts_passed_total')).toBe(0)
  })

  it('of a handler that knows no parts is a stream of none', async () => {
    await using world = await startWorld()
    await world.load('echo', 'plain')
    const stream = world.cluster.inferStream('plain', BODY)

    expect(await read(stream)).toEqual([])

    await expect(stream.result).resolves.toMatchObject({ result: { length: 1 } })
    await world.atRest()
  })

  it('of a sink is a stream of none, whatever its handler yields: it has been taken', async () => {
    await using world = await startWorld()
    await world.load('parts', 'sink', { input: 'Main', output: null })
    const stream = world.cluster.inferStream('sink', BODY, { count: 100, tag: 'sink' })

    expect(await read(stream)).toEqual([])

    await expect(stream.result).resolves.toMatchObject({ result: null })
    await eventually('its handler to be done', () => sent(world, 'sink') === 100)
    await world.atRest()
  })

  it('that ends with an error brings the parts before it first', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts')
    const stream = world.cluster.inferStream('parts', BODY, { count: 10, fail: 'the model broke' })

    expect(await readToTheEnd(stream)).toEqual({ parts: upTo(10), code: 999 })

    await expect(stream.result).rejects.toThrow('the model broke')
    await world.atRest()
  })

  it('that is refused throws in the loop, and nowhere else', async () => {
    await using world = await startWorld()
    const unregistered = world.cluster.inferStream('nothing', BODY)
    const wrongName = world.cluster.inferStream('', BODY)

    expect(await readToTheEnd(unregistered)).toEqual({ parts: [], code: 400 })
    expect(await readToTheEnd(wrongName)).toEqual({ parts: [], code: 100 })
  })
})

describe('giving up a stream', () => {
  it('by leaving the loop reaches the container at once', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts')
    const stream = world.cluster.inferStream('parts', BODY, { count: 1_000, tag: 'a' })

    for await (const part of stream) if (part === 3) break

    await expect(stream.result).rejects.toMatchObject({ code: 312 })
    await eventually('the container to stop', () => world.gates.sawAbortOf('a') && world.gates.sawEndOf('a'))
    expect(sent(world, 'a')).toBeLessThan(100)
    await world.atRest()
  })

  it('by a signal ends the loop with 312, whatever lies unread', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts')
    const giveUp = new AbortController()
    const stream = world.cluster.inferStream('parts', BODY, { count: 1_000, tag: 'a' }, { signal: giveUp.signal })
    await eventually('the window to close', () => sent(world, 'a') === WINDOW_PARTS)

    giveUp.abort(new Error('enough'))

    expect(await readToTheEnd(stream)).toEqual({ parts: [], code: 312 })
    await eventually('the container to stop', () => world.gates.sawAbortOf('a') && world.gates.sawEndOf('a'))
    await world.atRest()
  })

  it('by releasing the application ends it with 111, and the container stops', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts')
    const other = await world.connect()
    const stream = other.inferStream('parts', BODY, { count: 1_000, tag: 'a' })
    await eventually('the window to close', () => sent(world, 'a') === WINDOW_PARTS)

    await other.release()

    expect((await readToTheEnd(stream)).code).toBe(111)
    await eventually('the container to stop', () => world.gates.sawAbortOf('a') && world.gates.sawEndOf('a'))
    await world.atRest()
  })
})
