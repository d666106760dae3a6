import { STREAM_WINDOW_PARTS } from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import type { ContainerSlot } from './container-slot'
import type { DispatchRequest } from './dispatch-request'
import { StreamWindow } from './stream-window'
import { DispatchWorld, type NewRequest } from './test/dispatch-world'

const RESPONSE_MS = 1_000

/** A world with one container, and a request in its hands that is answered in parts. */
function streaming(what: NewRequest = {}, redeliver = false): { world: DispatchWorld; container: ContainerSlot; request: DispatchRequest } {
  const world = new DispatchWorld({ hangTimeoutMs: 500 })
  world.register({ responseTimeoutMs: RESPONSE_MS, redeliver })
  const container = world.connect('a')
  const request = world.make(what)
  request.stream = new StreamWindow()
  world.dispatcher.accept(request)
  return { world, container, request }
}

/** The container sends a part. @returns whether it is passed on */
function part(world: DispatchWorld, container: ContainerSlot, number: number, of: DispatchRequest): boolean {
  const request = world.dispatcher.streams.admit(container, of.number, number)
  if (request) world.dispatcher.streams.pass(request, 10)
  return request !== undefined
}

const parts = (world: DispatchWorld, container: ContainerSlot, from: number, to: number, of: DispatchRequest): void => {
  for (let n = from; n < to; n++) expect(part(world, container, n, of)).toBe(true)
}

describe('the response timeout of a stream', () => {
  it('counts from the last part', () => {
    const { world, container, request } = streaming()
    for (let n = 0; n < 3; n++) {
      world.pass(RESPONSE_MS - 100)
      part(world, container, n, request)
    }
    world.pass(RESPONSE_MS - 100)
    expect(world.outcomesOf(request)).toEqual([])

    world.pass(105)

    expect(world.outcomesOf(request)).toEqual([401])
    expect(world.messageOf(request)).toContain('did not go on after part 2 within 1000 ms')
  })

  it('tells the container, which may wait for a reader that takes nothing any more', () => {
    const { world, container, request } = streaming()
    part(world, container, 0, request)

    world.pass(RESPONSE_MS + 5)

    expect(world.toldToStop).toEqual([`${request.number} -> a`])
    world.answer(container, request)
    expect(world.credits(container)).toEqual({ free: 1, inFlight: 0 })
  })

  it('pauses while the window is closed, and begins anew when it opens', () => {
    const { world, container, request } = streaming()
    parts(world, container, 0, STREAM_WINDOW_PARTS, request)
    world.pass(10 * RESPONSE_MS)
    expect(world.outcomesOf(request)).toEqual([])

    world.dispatcher.streams.take(request, 1)
    world.pass(RESPONSE_MS - 5)
    expect(world.outcomesOf(request)).toEqual([])
    world.pass(10)

    expect(world.outcomesOf(request)).toEqual([401])
  })

  it('pauses while the reader is not there', () => {
    const { world, request } = streaming()
    world.dispatcher.streams.skip(request)
    world.pass(10 * RESPONSE_MS)
    expect(world.outcomesOf(request)).toEqual([])

    world.dispatcher.streams.rewind(request, 0)
    world.pass(RESPONSE_MS + 5)

    expect(world.outcomesOf(request)).toEqual([401])
  })

  it('is not put off by a reader that only repeats itself', () => {
    const { world, container, request } = streaming()
    part(world, container, 0, request)
    for (let n = 0; n < 20; n++) {
      world.pass(100)
      world.dispatcher.streams.take(request, 1)
    }

    expect(world.outcomesOf(request)).toEqual([401])
  })
})

describe("a caller's own limit", () => {
  it('goes on while the window is closed', () => {
    const { world, container, request } = streaming({ timeoutMs: 3_000 })
    parts(world, container, 0, STREAM_WINDOW_PARTS, request)

    world.pass(3_005)

    expect(world.outcomesOf(request)).toEqual([313])
    expect(world.toldToStop).toEqual([`${request.number} -> a`])
  })
})

describe('a part', () => {
  it('of what the container does not hold, of a plain request, or of one that has ended is dropped', () => {
    const { world, container, request } = streaming()
    const plain = world.send()
    const other = world.connect('b')
    expect(part(world, other, 0, request)).toBe(false)
    expect(part(world, container, 0, plain)).toBe(false)

    world.dispatcher.cancel(request)

    expect(part(world, container, 0, request)).toBe(false)
  })

  it('beyond the window is dropped', () => {
    const { world, container, request } = streaming()
    parts(world, container, 0, STREAM_WINDOW_PARTS, request)

    expect(part(world, container, STREAM_WINDOW_PARTS, request)).toBe(false)
  })

  it('makes that the request is never run again', () => {
    const { world, container, request } = streaming({}, true)
    part(world, container, 0, request)
    world.connect('b')

    world.dispatcher.disconnect(container, 'was killed')

    expect(world.outcomesOf(request)).toEqual([402])
    expect(world.handedOut).toEqual([`${request.number} -> a`])
  })

  it('that was never passed on does not: the request is run again, with a window of its own', () => {
    const { world, container, request } = streaming({}, true)
    world.dispatcher.streams.skip(request)
    const other = world.connect('b')

    world.dispatcher.disconnect(container, 'was killed')

    expect(world.handedOut).toEqual([`${request.number} -> a`, `${request.number} -> b`])
    expect(part(world, other, 0, request)).toBe(true)
    world.answer(other, request)
    expect(world.outcomesOf(request)).toEqual(['result'])
    expect(world.dispatcher.armedDeadlines).toBe(0)
  })

  it('keeps one credit to the end, and leaves nothing behind', () => {
    const { world, container, request } = streaming()
    parts(world, container, 0, 10, request)
    expect(world.credits(container)).toEqual({ free: 0, inFlight: 1 })

    world.answer(container, request)

    expect(world.credits(container)).toEqual({ free: 1, inFlight: 0 })
    expect(world.dispatcher.armedDeadlines).toBe(0)
  })
})
