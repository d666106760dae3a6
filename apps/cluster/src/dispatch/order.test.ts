import { beforeEach, describe, expect, it } from 'vitest'
import { DispatchWorld } from './test/dispatch-world'

describe('hand-out', () => {
  let world: DispatchWorld
  beforeEach(() => {
    world = new DispatchWorld()
    world.register()
  })

  it('is first come first served within an inference', () => {
    const box = world.connect('box', { ready: false })
    const requests = Array.from({ length: 4 }, () => world.send())

    world.dispatcher.setAccepting(box, true)
    for (const request of requests) world.answer(box, request)

    expect(world.handedOut).toEqual(['1 -> box', '2 -> box', '3 -> box', '4 -> box'])
  })

  it('keeps the order when one in the middle goes', () => {
    const box = world.connect('box', { ready: false })
    const [first, second, third] = [world.send(), world.send(), world.send()]

    world.deleteQueued(second)
    world.dispatcher.setAccepting(box, true)
    world.answer(box, first)
    world.answer(box, third)

    expect(world.handedOut).toEqual(['1 -> box', '3 -> box'])
  })

  it('gives a free credit to the oldest head among the inferences of its container', () => {
    world.register({ name: 'letters' })
    const box = world.connect('box', { names: ['letters', 'digits'], ready: false })
    const requests = ['digits', 'letters', 'letters', 'digits'].map((name) => world.send({ name }))

    world.dispatcher.setAccepting(box, true)
    for (const request of requests) world.answer(box, request)

    expect(world.handedOut).toEqual(['1 -> box', '2 -> box', '3 -> box', '4 -> box'])
  })

  it('passes over an older request that the freed container does not serve', () => {
    world.register({ name: 'letters' })
    const box = world.connect('box', { names: ['letters'] })
    const held = world.send({ name: 'letters' })
    world.send({ name: 'digits' })
    world.send({ name: 'letters' })

    world.answer(box, held)

    expect(world.handedOut).toEqual(['1 -> box', '3 -> box'])
  })

  it('goes to the container with the most free credits', () => {
    world.connect('small', { credits: 1 })
    world.connect('large', { credits: 3 })

    for (let i = 0; i < 2; i++) world.send()

    expect(world.handedOut).toEqual(['1 -> large', '2 -> large'])
  })

  it('goes round among containers that are equally free', () => {
    const boxes = ['a', 'b', 'c'].map((id) => world.connect(id))

    for (let i = 0; i < 6; i++) {
      const request = world.send()
      world.answer(boxes.find(({ inFlight }) => inFlight.size > 0) as (typeof boxes)[number], request)
    }

    expect(world.handedOut).toEqual(['1 -> a', '2 -> b', '3 -> c', '4 -> a', '5 -> b', '6 -> c'])
  })

  it('drops the data that went to the container', () => {
    world.connect('box')
    expect(world.send().tail).toBeUndefined()
  })

  it('copies the bytes of what has to wait, and of nothing that leaves at once', () => {
    world.connect('box')
    world.send()
    const waiting = world.send()
    expect(world.copied).toEqual([waiting.number])
    expect(waiting.tail).toBeDefined()
  })
})

describe('a paused distribution', () => {
  let world: DispatchWorld
  beforeEach(() => {
    world = new DispatchWorld()
    world.register()
  })

  it('holds requests back in the queue, in their order, until it goes on', () => {
    const box = world.connect('box', { credits: 2 })
    world.dispatcher.setPaused(box, 'digits', true)
    const requests = [world.send(), world.send()]
    expect(world.handedOut).toEqual([])
    expect(requests.map((request) => world.outcomesOf(request))).toEqual([[], []])

    world.dispatcher.setPaused(box, 'digits', false)

    expect(world.handedOut).toEqual(['1 -> box', '2 -> box'])
  })

  it('lets the container finish what it holds', () => {
    const box = world.connect('box')
    const [held] = [world.send(), world.send()]
    world.dispatcher.setPaused(box, 'digits', true)

    world.answer(box, held)

    expect(world.outcomesOf(held)).toEqual(['result'])
    expect(world.handedOut).toEqual(['1 -> box'])
  })

  it('concerns one inference of one container', () => {
    world.register({ name: 'letters' })
    const box = world.connect('box', { credits: 2, names: ['digits', 'letters'] })
    world.dispatcher.setPaused(box, 'digits', true)
    world.send({ name: 'letters' })
    world.send()
    expect(world.handedOut).toEqual(['1 -> box'])

    world.connect('other')

    expect(world.handedOut).toEqual(['1 -> box', '2 -> other'])
  })

  it('that was said before the inference was registered holds afterwards', () => {
    const box = world.connect('box', { names: ['letters'] })
    world.dispatcher.setPaused(box, 'letters', true)

    world.register({ name: 'letters' })
    world.send({ name: 'letters' })
    expect(world.handedOut).toEqual([])
    world.dispatcher.setPaused(box, 'letters', false)

    expect(world.handedOut).toEqual(['1 -> box'])
  })
})

describe('a container', () => {
  it('gets nothing before it says that it is ready, and nothing more after it says that it is not', () => {
    const world = new DispatchWorld()
    world.register()
    const box = world.connect('box', { credits: 2, ready: false })
    world.send()
    expect(world.handedOut).toEqual([])

    world.dispatcher.setAccepting(box, true)
    world.dispatcher.setAccepting(box, false)
    world.send()

    expect(world.handedOut).toEqual(['1 -> box'])
  })

  it('may connect before its inference is registered, and gets its requests then', () => {
    const world = new DispatchWorld()
    world.connect('box')
    world.register()
    world.send()
    expect(world.handedOut).toEqual(['1 -> box'])
  })

  it('serves an inference that was unloaded and loaded again', () => {
    const world = new DispatchWorld()
    world.register()
    world.connect('box')
    world.dispatcher.removeQueue('digits')
    world.register()
    world.send()
    expect(world.handedOut).toEqual(['1 -> box'])
  })

  it('says when it begins a request; junk in that report changes nothing', () => {
    const world = new DispatchWorld()
    world.register()
    const box = world.connect('box')
    const request = world.send()
    world.nowMs = 70
    world.dispatcher.started(box, [request.number, 99, Number.NaN, 'x' as unknown as number])
    world.nowMs = 90
    world.dispatcher.started(box, [request.number])
    expect(request.startedAtMs).toBe(70)
  })
})
