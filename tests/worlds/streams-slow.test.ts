import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { read, readToTheEnd, restOf, sent, upTo, WINDOW_PARTS } from './parts'
import { startWorld } from './world'

const BODY = Uint8Array.of(1)

describe('a reader that is slow', () => {
  it.each([
    ['16 small parts', { count: 100 }, WINDOW_PARTS],
    ['1 MB of parts', { count: 20, size: 300_000 }, 4],
  ])('holds the container back at %s, and gets them all in the end', async (_what, metadata, ahead) => {
    await using world = await startWorld()
    await world.load('parts', 'parts')
    const stream = world.cluster.inferStream('parts', BODY, { ...metadata, tag: 'slow' })
    const parts = stream[Symbol.asyncIterator]()
    await eventually('the window to close', () => sent(world, 'slow') === ahead)
    await sleep(300)
    expect(sent(world, 'slow')).toBe(ahead)

    await parts.next()
    await eventually('one more', () => sent(world, 'slow') === ahead + 1)

    expect((await read(restOf(parts))).length).toBe(metadata.count - 1)
    await stream.result
    await world.atRest()
  })

  it('does not run into the response timeout, which counts from part to part', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts', { waitQueueTimeout: 600 })
    const stream = world.cluster.inferStream('parts', BODY, { count: 40, tag: 'slow', everyMs: 20 })
    await eventually('the window to close', () => sent(world, 'slow') === WINDOW_PARTS)
    await sleep(1_000)

    expect(await readToTheEnd(stream)).toEqual({ parts: upTo(40), code: 0 })
    await world.atRest()
  })

  it('is ended by its own timeout all the same, and the container hears of it', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts')
    const stream = world.cluster.inferStream('parts', BODY, { count: 100, tag: 'slow' }, { timeout: 700 })
    await eventually('the window to close', () => sent(world, 'slow') === WINDOW_PARTS)

    await expect(stream.result).rejects.toMatchObject({ code: 313 })

    expect(await readToTheEnd(stream)).toEqual({ parts: upTo(WINDOW_PARTS), code: 313 })
    await eventually('the container to stop', () => world.gates.sawEndOf('slow'))
    await world.atRest()
  })

  it('leaves the memory of the manager as it is', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts', { maxSendNum: 30 })
    const before = (await world.metrics()).process.rssBytes
    const streams = upTo(30).map((n) => world.cluster.inferStream('parts', BODY, { count: 60, size: 256 * 1024, tag: `s${n}` }))
    await eventually('every window to close', () => upTo(30).every((n) => sent(world, `s${n}`) === 4))
    await sleep(500)
    // 30 windows of 1 MB have passed through it, of 450 MB that are to come.
    expect((await world.metrics()).process.rssBytes - before).toBeLessThan(100 * 1024 * 1024)

    const lengths = (await Promise.all(streams.map(read))).map(({ length }) => length)

    expect(lengths).toEqual(upTo(30).map(() => 60))
    expect((await world.metrics()).process.rssBytes - before).toBeLessThan(150 * 1024 * 1024)
    await world.atRest()
  })
})
