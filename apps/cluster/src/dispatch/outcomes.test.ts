import { beforeEach, describe, expect, it } from 'vitest'
import { DispatchWorld, newOwner } from './test/dispatch-world'

describe('exactly one outcome', () => {
  let world: DispatchWorld
  beforeEach(() => {
    world = new DispatchWorld()
    world.register({ sendTimeoutMs: 100, responseTimeoutMs: 100 })
  })

  it('is the result, however often the container answers', () => {
    const box = world.connect('box')
    const request = world.send()

    world.answer(box, request)
    world.answer(box, request)

    expect(world.outcomesOf(request)).toEqual(['result'])
    expect(world.dispatcher.unknownAnswers).toBe(1)
  })

  it('is the time-out when the container goes only after it', () => {
    const box = world.connect('box')
    const request = world.send()

    world.pass(100)
    world.dispatcher.disconnect(box, 'disconnected')

    expect(world.outcomesOf(request)).toEqual([401])
  })

  it('is 402 for each request that a container held when it went, and nothing for what it had answered', () => {
    const box = world.connect('box', { credits: 3 })
    const [answered, first, second] = [world.send(), world.send(), world.send()]
    world.answer(box, answered)

    world.dispatcher.disconnect(box, 'disconnected')
    world.dispatcher.disconnect(box, 'disconnected')
    world.pass(1000)

    expect([answered, first, second].map((request) => world.outcomesOf(request))).toEqual([['result'], [402], [402]])
  })

  it('is 402 even if the container answers after it went', () => {
    const box = world.connect('box')
    const request = world.send()

    world.dispatcher.disconnect(box, 'disconnected')
    world.answer(box, request)

    expect(world.outcomesOf(request)).toEqual([402])
  })

  it('is nothing once the sender has given the request up, waiting or held', () => {
    const box = world.connect('box')
    const [held, waiting] = [world.send(), world.send()]

    world.dispatcher.cancel(held)
    world.dispatcher.cancel(waiting)
    world.answer(box, held)
    world.pass(1000)

    expect([held, waiting].map((request) => world.outcomesOf(request))).toEqual([[], []])
    expect(world.handedOut).toEqual(['1 -> box'])
  })

  it('is 310 for a waiting request that somebody deletes; one that a container holds is not touched', () => {
    const box = world.connect('box')
    const [held, waiting] = [world.send(), world.send()]

    const deleted = [held, waiting, waiting].map((request) => world.deleteQueued(request))
    world.answer(box, held)

    expect(deleted).toEqual([false, true, false])
    expect([held, waiting].map((request) => world.outcomesOf(request))).toEqual([['result'], [310]])
  })

  it('is 400 for what waits when its inference is unloaded, the result for what a container holds', () => {
    const box = world.connect('box')
    const [held, first, second] = [world.send(), world.send(), world.send()]

    world.dispatcher.removeQueue('digits')
    world.answer(box, held)
    world.pass(1000)

    expect([held, first, second].map((request) => world.outcomesOf(request))).toEqual([['result'], [400], [400]])
    expect(world.handedOut).toEqual(['1 -> box'])
  })

  it('is 403 at once where the inference takes no input', () => {
    world.register({ acceptsInput: false })
    world.connect('box')
    expect(world.outcomesOf(world.send())).toEqual([403])
  })

  it('is the request itself, at once, where the inference is a Loop', () => {
    world.register({ loop: true })
    expect(world.outcomesOf(world.send())).toEqual(['echo'])
  })

  it('is 111 at once while the manager drains; what was accepted before goes on', () => {
    const box = world.connect('box')
    const [held, waiting] = [world.send(), world.send()]

    world.dispatcher.drain()
    const late = world.send()
    world.answer(box, held)
    world.answer(box, waiting)

    expect([held, waiting, late].map((request) => world.outcomesOf(request))).toEqual([['result'], ['result'], [111]])
    expect(world.dispatcher.busy).toBe(false)
  })
})

describe('an application that goes', () => {
  it('takes its waiting requests along and leaves those of others', () => {
    const world = new DispatchWorld()
    world.register()
    const other = newOwner()
    const [gone, stays] = [world.send(), world.send({ owner: other })]

    world.dispatcher.dropOwner(world.owner)
    const box = world.connect('box')
    world.answer(box, stays)

    expect(world.handedOut).toEqual(['2 -> box'])
    expect([gone, stays].map((request) => world.outcomesOf(request))).toEqual([[], ['result']])
  })

  it('has its containers told, whose credits stay occupied until they answer', () => {
    const world = new DispatchWorld()
    world.register()
    const box = world.connect('box')
    const held = world.send()

    world.dispatcher.dropOwner(world.owner)

    expect(world.toldToStop).toEqual(['1 -> box'])
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 1 })
    world.answer(box, held)
    expect(world.credits(box)).toEqual({ free: 1, inFlight: 0 })
    expect(world.outcomesOf(held)).toEqual([])
  })
})
