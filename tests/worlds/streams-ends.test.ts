import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { readToTheEnd, restOf, sent, upTo } from './parts'
import { startWorld } from './world'

const BODY = Uint8Array.of(1)

describe('a container that stops in the middle', () => {
  it('is given up with 401 after its response timeout, counted from the last part', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts', { waitQueueTimeout: 500 })
    const stream = world.cluster.inferStream('parts', BODY, { count: 10, gateAt: 3, gate: 'never', tag: 'stuck', everyMs: 300 })
    const startedAt = performance.now()

    expect(await readToTheEnd(stream)).toEqual({ parts: [0, 1, 2], code: 401 })

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_300)
    await expect(stream.result).rejects.toThrow('did not go on after part 2 within 500 ms')
    await eventually('the container to hear of it', () => world.gates.sawAbortOf('stuck'))
    await world.atRest()
  })

  it('by its end: 402 after the parts that came, never a second run', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts', { redeliver: true })
    const stream = world.cluster.inferStream('parts', BODY, { count: 10, gateAt: 4, gate: 'open', tag: 'a' })
    const parts = stream[Symbol.asyncIterator]()
    await parts.next()
    const { 'parts-board1': pid = 0 } = await world.pids()
    await eventually('four parts', () => sent(world, 'a') === 4)
    process.kill(pid, 'SIGKILL')

    expect(await readToTheEnd(restOf(parts))).toEqual({ parts: [1, 2, 3], code: 402 })
    await world.settle()
  })

  it('before its first part: run again where its inference says so', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts', { redeliver: true })
    const stream = world.cluster.inferStream('parts', BODY, { count: 5, gateAt: 0, gate: 'open', tag: 'a' })
    await eventually('it to begin', () => world.gates.sawBeginOf('a'))
    const { 'parts-board1': pid = 0 } = await world.pids()
    process.kill(pid, 'SIGKILL')
    world.gates.openAll()

    expect(await readToTheEnd(stream)).toEqual({ parts: upTo(5), code: 0 })
    await world.atRest()
  })
})
