import { beforeEach, describe, expect, it } from 'vitest'
import { DispatchWorld } from './test/dispatch-world'

const NEVER = Number.POSITIVE_INFINITY

describe('a container that still holds a request', () => {
  let world: DispatchWorld
  beforeEach(() => {
    world = new DispatchWorld({ hangTimeoutMs: 500 })
    world.register({ responseTimeoutMs: 100 })
  })

  it('counts as hung the hang time after the response timeout, once', () => {
    const box = world.connect('box')
    const request = world.send()

    world.pass(595)
    expect([world.outcomesOf(request), world.hangs]).toEqual([[401], []])
    world.pass(5)
    expect(world.hangs).toEqual(['1 -> box'])
    world.pass(10_000)

    expect(world.hangs).toEqual(['1 -> box'])
    expect(world.dispatcher.armedDeadlines).toBe(0)
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 1 })
  })

  it.each([
    ['the application has given it up', (request: ReturnType<DispatchWorld['send']>) => world.dispatcher.cancel(request)],
    ['the application is gone', () => world.dispatcher.dropOwner(world.owner)],
  ])('has its response timeout and the hang time although %s', (_why, abandon) => {
    world.connect('box')
    const request = world.send()
    world.pass(20)
    abandon(request)

    world.pass(575)
    expect(world.hangs).toEqual([])
    world.pass(5)

    expect(world.hangs).toEqual(['1 -> box'])
  })

  it("has its response timeout and the hang time although the caller's own limit has passed", () => {
    world.connect('box')
    world.send({ timeoutMs: 50 })

    world.pass(595)
    expect(world.hangs).toEqual([])
    world.pass(5)

    expect(world.hangs).toEqual(['1 -> box'])
  })

  it('does not count as hung once it has answered, and not for what it had when it went', () => {
    const box = world.connect('box', { credits: 2 })
    const [answered] = [world.send(), world.send()]
    world.pass(100)
    world.answer(box, answered)
    world.dispatcher.disconnect(box, 'disconnected')

    expect(world.dispatcher.armedDeadlines).toBe(0)
    world.pass(10_000)

    expect(world.hangs).toEqual([])
  })

  it('never counts as hung where that is said, or where the response timeout is never', () => {
    const patient = new DispatchWorld({ hangTimeoutMs: NEVER })
    patient.register({ responseTimeoutMs: 100 })
    patient.connect('box')
    patient.send()
    world.register({ responseTimeoutMs: NEVER })
    world.connect('box')
    world.dispatcher.cancel(world.send())
    for (const each of [patient, world]) {
      each.pass(200)
      expect(each.dispatcher.armedDeadlines).toBe(0)
    }
    expect(patient.outcomesOf(patient.send())).toEqual([])
    expect([...world.hangs, ...patient.hangs]).toEqual([])
  })

  it('has the whole hang time after a manager that was stopped itself has noticed the timeout', () => {
    world.connect('box')
    const request = world.send()
    world.nowMs = 5000
    world.dispatcher.tick()
    expect(world.outcomesOf(request)).toEqual([401])

    world.pass(495)
    expect(world.hangs).toEqual([])
    world.pass(5)

    expect(world.hangs).toEqual(['1 -> box'])
  })

  it('costs no deadline while its request is wanted', () => {
    world.connect('box', { credits: 2 })
    world.send()
    world.send()
    expect(world.dispatcher.armedDeadlines).toBe(2)
  })
})

describe('whoever looks at the deadlines', () => {
  it('is told whenever there is one again', () => {
    const world = new DispatchWorld()
    world.register({ sendTimeoutMs: 100 })
    const [first] = [world.send(), world.send()]
    expect(world.toldOfDeadlines).toBe(1)
    world.pass(100)
    expect([world.dispatcher.armedDeadlines, world.outcomesOf(first)]).toEqual([0, [306]])

    world.send()

    expect(world.toldOfDeadlines).toBe(2)
  })
})
