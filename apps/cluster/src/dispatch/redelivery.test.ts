import { beforeEach, describe, expect, it } from 'vitest'
import { DispatchWorld } from './test/dispatch-world'

describe('a request that may be redelivered', () => {
  let world: DispatchWorld
  beforeEach(() => {
    world = new DispatchWorld()
    world.register({ redeliver: true, sendTimeoutMs: 100, responseTimeoutMs: 1000 })
    world.nowMs = 10
  })

  it('goes to another container when its own goes, and ends with that one’s result', () => {
    const box = world.connect('box')
    const request = world.send()
    const other = world.connect('other')

    world.dispatcher.disconnect(box, 'disconnected')
    expect(world.handedOut).toEqual(['1 -> box', '1 -> other'])
    world.answer(other, request)

    expect(world.outcomesOf(request)).toEqual(['result'])
    expect(request.attempt).toBe(1)
  })

  it('is 402 when the second container goes too', () => {
    const box = world.connect('box')
    const request = world.send()
    const other = world.connect('other')
    world.connect('third')

    world.dispatcher.disconnect(box, 'disconnected')
    world.dispatcher.disconnect(other, 'disconnected')

    expect(world.handedOut).toEqual(['1 -> box', '1 -> other'])
    expect(world.outcomesOf(request)).toEqual([402])
    expect(world.messageOf(request)).toBe(
      'Response Disconnect Error: digits: container other on board-1 disconnected while it held the request, for the second time',
    )
  })

  it('is 402 when its application says that a container may have begun with it before', () => {
    const box = world.connect('box')
    const request = world.send({ attempt: 1 })
    world.connect('other')

    world.dispatcher.disconnect(box, 'disconnected')

    expect(world.outcomesOf(request)).toEqual([402])
    expect(world.handedOut).toEqual(['1 -> box'])
  })

  it('waits at the head of its queue in the order of arrival, before what came later', () => {
    const box = world.connect('box', { credits: 2 })
    const second = world.connect('second', { credits: 2 })
    for (let i = 0; i < 5; i++) world.send()
    expect(world.handedOut).toEqual(['1 -> box', '2 -> second', '3 -> box', '4 -> second'])

    world.dispatcher.disconnect(second, 'disconnected')
    world.dispatcher.disconnect(box, 'disconnected')
    world.handedOut.length = 0
    world.connect('third', { credits: 5 })

    expect(world.handedOut).toEqual([1, 2, 3, 4, 5].map((number) => `${number} -> third`))
  })

  it('waits again whatever the limits of its queue and its session, also while the manager drains', () => {
    world = new DispatchWorld({ maxQueuedPerSession: 1 })
    world.register({ redeliver: true, limit: 1 })
    const box = world.connect('box', { credits: 2 })
    const requests = [world.send(), world.send(), world.send()]

    world.dispatcher.drain()
    world.dispatcher.disconnect(box, 'disconnected')
    expect(world.owner.waiting).toBe(3)
    const other = world.connect('other', { credits: 3 })
    for (const request of requests) world.answer(other, request)

    expect(requests.map((request) => world.outcomesOf(request))).toEqual([['result'], ['result'], ['result']])
    expect([world.owner.waiting, world.dispatcher.busy]).toEqual([0, false])
  })

  it('waits no longer than the limit of a wait, counted anew', () => {
    const box = world.connect('box')
    const request = world.send()
    world.pass(500)
    world.dispatcher.disconnect(box, 'disconnected')

    world.pass(95)
    expect(world.outcomesOf(request)).toEqual([])
    world.pass(5)

    expect(world.outcomesOf(request)).toEqual([306])
    expect(world.messageOf(request)).toContain(
      'digits: after it came back from a container no credit became free in time (send_timeout), 600 ms after it arrived;',
    )
  })

  it('waits no longer than the caller’s own limit, counted from its arrival', () => {
    const box = world.connect('box')
    const request = world.send({ timeoutMs: 550 })
    world.pass(500)
    world.dispatcher.disconnect(box, 'disconnected')

    world.pass(50)

    expect(world.outcomesOf(request)).toEqual([313])
  })

  it('is 313, and not begun again, when its own limit has passed unnoticed by the time its container goes', () => {
    const box = world.connect('box')
    world.connect('other')
    const request = world.send({ timeoutMs: 50 })
    world.nowMs += 50
    world.dispatcher.disconnect(box, 'disconnected')
    expect([world.handedOut, world.outcomesOf(request)]).toEqual([['1 -> box'], [313]])
  })

  it('is 402 when its inference was unloaded meanwhile', () => {
    const box = world.connect('box')
    const request = world.send()
    world.dispatcher.removeQueue('digits')
    world.dispatcher.disconnect(box, 'disconnected')
    expect(world.outcomesOf(request)).toEqual([402])
  })

  it('waits for the new container when its inference was unloaded and loaded again meanwhile', () => {
    const box = world.connect('box')
    const request = world.send()
    world.dispatcher.removeQueue('digits')
    const queue = world.register({ redeliver: true })
    expect(queue.inFlight).toBe(1)
    world.dispatcher.disconnect(box, 'disconnected')
    expect([queue.inFlight, queue.waiting]).toEqual([0, 1])

    const other = world.connect('other')
    world.answer(other, request)

    expect(world.outcomesOf(request)).toEqual(['result'])
  })

  it('keeps its bytes while a container has it, copied once, and lets them go with its outcome', () => {
    const box = world.connect('box')
    const [held, waiting] = [world.send(), world.send()]
    expect(world.copied).toEqual([1, 2])

    world.answer(box, held)

    expect([held.hasData, waiting.hasData]).toEqual([false, true])
    expect(world.handedOut).toEqual(['1 -> box', '2 -> box'])
    expect(world.copied).toEqual([1, 2])
  })

  it('lets its bytes go when it is handed out for the second time', () => {
    const box = world.connect('box')
    world.connect('other')
    const request = world.send()
    world.dispatcher.disconnect(box, 'disconnected')
    expect(request.hasData).toBe(false)
  })

  it('lets its bytes go, and is not begun again, once its application has given it up or its time is over', () => {
    const box = world.connect('box', { credits: 2 })
    const [givenUp, late] = [world.send(), world.send()]
    world.dispatcher.cancel(givenUp)
    world.pass(1000)
    expect([givenUp.hasData, late.hasData]).toEqual([false, false])

    world.dispatcher.disconnect(box, 'disconnected')
    world.connect('other', { credits: 2 })

    expect(world.handedOut).toEqual(['1 -> box', '2 -> box'])
    expect([givenUp, late].map((request) => world.outcomesOf(request))).toEqual([[], [401]])
  })

  it('is spread over the containers that are free', () => {
    const box = world.connect('box', { credits: 4 })
    for (let i = 0; i < 4; i++) world.send()
    world.connect('a', { credits: 2 })
    world.connect('b', { credits: 2 })
    world.handedOut.length = 0

    world.dispatcher.disconnect(box, 'disconnected')

    expect(world.handedOut.map((line) => line.slice(0, 1))).toEqual(['1', '2', '3', '4'])
    expect(world.handedOut.filter((line) => line.endsWith('a'))).toHaveLength(2)
  })
})

describe('a request that may not be redelivered', () => {
  it('is 402 when its container goes, and never begun again', () => {
    const world = new DispatchWorld()
    world.register()
    const box = world.connect('box')
    world.connect('other')
    const request = world.send()
    expect(request.hasData).toBe(false)

    world.dispatcher.disconnect(box, 'disconnected')

    expect([world.handedOut, world.outcomesOf(request)]).toEqual([['1 -> box'], [402]])
  })

  it('stays so when the setting changes while a container has it', () => {
    const world = new DispatchWorld()
    world.register()
    const box = world.connect('box')
    const request = world.send()
    world.register({ redeliver: true })
    world.dispatcher.disconnect(box, 'disconnected')
    expect(world.outcomesOf(request)).toEqual([402])
  })
})
