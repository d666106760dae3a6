import { describe, expect, it } from 'vitest'
import { DispatchWorld } from './test/dispatch-world'

const sinkWorld = (settings = {}, limits = {}) => {
  const world = new DispatchWorld(limits)
  world.register({ sink: true, ...settings })
  const container = world.connect('c1')
  return { world, container }
}

describe('a request to a sink', () => {
  it('has its outcome when it is taken, and keeps the credit until the container is done', () => {
    const { world, container } = sinkWorld()
    const request = world.send()

    expect(world.dispatcher.taken(container, request.number)).toBe(request)

    expect(world.owner.open.size).toBe(0)
    expect(world.credits(container)).toEqual({ free: 0, inFlight: 1 })
    expect(world.dispatcher.answer(container, request.number)).toBeUndefined()
    expect(world.credits(container)).toEqual({ free: 1, inFlight: 0 })
    expect([world.dispatcher.lateAnswers, world.dispatcher.armedDeadlines]).toEqual([0, 0])
  })

  it('is taken once: said again it changes nothing', () => {
    const { world, container } = sinkWorld()
    const request = world.send()
    world.dispatcher.taken(container, request.number)

    expect(world.dispatcher.taken(container, request.number)).toBeUndefined()
  })

  it('has the end as its outcome if nothing was said before', () => {
    const { world, container } = sinkWorld()
    const request = world.send()

    world.answer(container, request)

    expect(world.outcomesOf(request)).toEqual(['result'])
  })

  it('has no second outcome when its container goes after it was taken, and is not handed out again', () => {
    const { world, container } = sinkWorld({ redeliver: true })
    const request = world.send()
    world.dispatcher.taken(container, request.number)

    world.dispatcher.disconnect(container, 'went')
    world.connect('c2')

    expect(world.outcomesOf(request)).toEqual([])
    expect(world.handedOut).toEqual(['1 -> c1'])
    expect(world.dispatcher.busy).toBe(false)
  })

  it('is 402 when its container goes before it was taken', () => {
    const { world, container } = sinkWorld()
    const request = world.send()

    world.dispatcher.disconnect(container, 'went')

    expect(world.outcomesOf(request)).toEqual([402])
  })

  it('counts as hung when the container is not done long after its response time', () => {
    const { world, container } = sinkWorld({ responseTimeoutMs: 100 }, { hangTimeoutMs: 50 })
    const request = world.send()
    world.dispatcher.taken(container, request.number)

    world.pass(140)
    expect(world.hangs).toEqual([])
    world.pass(20)

    expect(world.hangs).toEqual(['1 -> c1'])
    expect(world.outcomesOf(request)).toEqual([])
  })

  it('that was given up before it was taken has no outcome by that', () => {
    const { world, container } = sinkWorld()
    const request = world.send()
    world.dispatcher.cancel(request)

    expect(world.dispatcher.taken(container, request.number)).toBeUndefined()
    expect(world.toldToStop).toEqual(['1 -> c1'])
  })
})

it('the word that a request was taken says nothing where the inference is no sink', () => {
  const { world, container } = sinkWorld({ sink: false })
  const request = world.send()

  expect(world.dispatcher.taken(container, request.number)).toBeUndefined()
  expect(world.owner.open.size).toBe(1)
})
