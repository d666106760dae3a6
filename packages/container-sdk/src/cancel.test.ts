import { RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it, vi } from 'vitest'
import { World } from '../test/world'

describe('a request that nobody waits for any more', () => {
  it('aborts its signal, and is answered when its handler ends', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    world.manager.request(5)
    const [five] = await eventually('it is in hand', () => held.length === 1 && held)
    expect(five?.request.signal.aborted).toBe(false)

    world.manager.cancel(5)
    await eventually('the signal', () => five?.request.signal.aborted)
    expect(world.manager.answers).toEqual([])
    five?.answer('too late')

    await eventually('the answer', () => world.manager.answers.length === 1)
    expect(world.manager.answers).toEqual([[5, 'too late']])
  })

  it('is answered at once, and not run, while the program has not got it', async () => {
    await using world = await World.start()
    const { held } = await world.hold({ concurrency: 1 })
    for (const number of [5, 6, 7]) world.manager.request(number)
    await eventually('the first is in hand', () => held.length === 1)

    world.manager.cancel(6)

    await eventually('the answer', () => world.manager.answers.length === 1)
    expect(world.manager.answers).toEqual([[6, 312]])
    held[0]?.answer('five')
    await eventually('the next one', () => held.length === 2)
    expect(held[1]?.number).toBe(7)
  })

  it('is no failure of the handler that gives it up', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    world.manager.request(5)
    await eventually('it is in hand', () => held.length === 1)
    world.manager.cancel(5)
    await eventually('the signal', () => held[0]?.request.signal.aborted)

    held[0]?.fail(new DOMException('aborted', 'AbortError'))

    await eventually('the answer', () => world.manager.answers.length === 1)
    expect(world.manager.answers).toEqual([[5, 312]])
    expect(written).not.toHaveBeenCalled()
    written.mockRestore()
  })

  it('is not given to a receive that comes later', async () => {
    await using world = await World.start()
    const connector = await world.connect()
    connector.ready()
    await world.ready()
    for (const number of [5, 6]) world.manager.request(number)
    world.manager.cancel(5)
    await eventually('the answer', () => world.manager.of(RecordKind.error).length === 1)
    const { response } = await connector.receiveRequest()
    expect(response.requestNo).toBe('6')
  })
})
