import { beforeEach, describe, expect, it } from 'vitest'
import { DispatchWorld } from './test/dispatch-world'

describe('credits', () => {
  let world: DispatchWorld
  beforeEach(() => {
    world = new DispatchWorld()
    world.register({ responseTimeoutMs: 50 })
  })

  it('let a container hold max_send_num requests and no more', () => {
    const box = world.connect('box', { credits: 3 })

    for (let i = 0; i < 5; i++) world.send()

    expect(world.handedOut).toEqual(['1 -> box', '2 -> box', '3 -> box'])
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 3 })
  })

  it('are shared by all inferences that a container serves', () => {
    world.register({ name: 'letters' })
    const box = world.connect('box', { credits: 2, names: ['digits', 'letters'] })

    world.send()
    world.send({ name: 'letters' })
    world.send()

    expect(world.credits(box)).toEqual({ free: 0, inFlight: 2 })
    expect(world.dispatcher.queues.get('digits')?.waiting).toBe(1)
  })

  it('come back with an answer, and the next one waiting takes it in the same step', () => {
    const box = world.connect('box')
    const [first] = [world.send(), world.send()]

    world.answer(box, first)

    expect(world.handedOut).toEqual(['1 -> box', '2 -> box'])
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 1 })
  })

  it('do not come back by an answer to what the container does not hold', () => {
    const box = world.connect('box')
    const other = world.connect('other')
    const [mine, theirs, waiting] = [world.send(), world.send(), world.send()]

    world.answer(box, theirs)
    world.answer(box, waiting)

    expect([world.credits(box), world.credits(other)]).toEqual([
      { free: 0, inFlight: 1 },
      { free: 0, inFlight: 1 },
    ])
    expect([mine, theirs, waiting].map((request) => world.outcomesOf(request))).toEqual([[], [], []])
    expect(world.dispatcher.unknownAnswers).toBe(2)
  })

  it('of a container that is not ready are none, and are back in full once it is ready and has answered', () => {
    const box = world.connect('box', { credits: 2 })
    const held = world.send()

    world.dispatcher.setAccepting(box, false)
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 1 })
    world.answer(box, held)
    world.dispatcher.setAccepting(box, true)

    expect(world.credits(box)).toEqual({ free: 2, inFlight: 0 })
  })
})

describe('a response that comes after its time-out', () => {
  it('gives the credit back but is not delivered', () => {
    const world = new DispatchWorld()
    world.register({ responseTimeoutMs: 50 })
    const box = world.connect('box')
    const late = world.send()
    world.pass(50)
    expect(world.outcomesOf(late)).toEqual([401])
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 1 })

    world.answer(box, late)

    expect(world.outcomesOf(late)).toEqual([401])
    expect(world.credits(box)).toEqual({ free: 1, inFlight: 0 })
    expect(world.dispatcher.lateAnswers).toBe(1)
  })

  it('keeps others waiting until it comes', () => {
    const world = new DispatchWorld()
    world.register({ responseTimeoutMs: 50 })
    const box = world.connect('box')
    const [late] = [world.send(), world.send()]
    world.pass(1000)
    expect(world.handedOut).toEqual(['1 -> box'])

    world.answer(box, late)

    expect(world.handedOut).toEqual(['1 -> box', '2 -> box'])
  })
})

describe('at rest', () => {
  it('every gauge is zero and every map empty', () => {
    const world = new DispatchWorld()
    const queue = world.register({ sendTimeoutMs: 100, responseTimeoutMs: 100 })
    const box = world.connect('box', { credits: 2 })
    const [first, second] = Array.from({ length: 6 }, () => world.send())
    if (first) world.answer(box, first)
    if (second) world.dispatcher.cancel(second)
    world.pass(1000)
    for (const request of [...box.inFlight.values()]) world.answer(box, request)

    const { dispatcher } = world
    expect(world.credits(box)).toEqual({ free: 2, inFlight: 0 })
    expect([queue.waiting, queue.waitingBytes, queue.inFlight, queue.oldest]).toEqual([0, 0, 0, undefined])
    expect([dispatcher.armedDeadlines, dispatcher.busy, world.owner.open.size]).toEqual([0, false, 0])

    dispatcher.disconnect(box, 'disconnected')
    dispatcher.removeQueue('digits')
    expect([dispatcher.queues.size, dispatcher.containers.size, queue.subscriptions.length]).toEqual([0, 0, 0])
  })
})
