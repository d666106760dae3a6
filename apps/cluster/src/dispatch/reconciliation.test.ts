import { beforeEach, describe, expect, it } from 'vitest'
import { DispatchWorld, newOwner } from './test/dispatch-world'

describe('what a container holds from before a restart', () => {
  let world: DispatchWorld
  beforeEach(() => {
    world = new DispatchWorld({ hangTimeoutMs: 500, responseTimeoutMs: 1000 })
    world.register({ responseTimeoutMs: 100 })
  })

  it('occupies a credit, and counts for no inference and nobody', () => {
    const box = world.connect('box', { credits: 2 })
    world.dispatcher.hold(box, 70)
    world.dispatcher.hold(box, 70)
    world.send()
    world.send()
    expect(world.handedOut).toEqual(['1 -> box'])
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 2 })
    expect([world.dispatcher.queues.get('digits')?.inFlight, world.owner.open.size]).toEqual([1, 2])
    expect([70, 1].map((number) => world.dispatcher.isHeld(box, number))).toEqual([true, false])
  })

  it('gives the credit back when it is answered, which is neither late nor unknown', () => {
    const box = world.connect('box')
    world.dispatcher.hold(box, 70)
    world.send()

    expect(world.dispatcher.answer(box, 70)).toBeUndefined()

    expect(world.handedOut).toEqual(['1 -> box'])
    expect([world.dispatcher.lateAnswers, world.dispatcher.unknownAnswers]).toEqual([0, 0])
  })

  it('gives the credit back when it is dropped; what is somebody’s is not dropped', () => {
    const box = world.connect('box', { credits: 2 })
    world.dispatcher.hold(box, 70)
    const [held] = [world.send(), world.send()]
    world.dispatcher.drop(box, held.number)
    world.dispatcher.drop(box, 99)
    expect(world.handedOut).toEqual(['1 -> box'])

    world.dispatcher.drop(box, 70)

    expect(world.handedOut).toEqual(['1 -> box', '2 -> box'])
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 2 })
  })

  it('may be more than the container may get: then it has no free credit, and no less', () => {
    const box = world.connect('box')
    for (const number of [70, 71, 72]) world.dispatcher.hold(box, number)
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 3 })
    const request = world.send()

    for (const number of [70, 71]) world.dispatcher.answer(box, number)
    expect(world.handedOut).toEqual([])
    world.dispatcher.answer(box, 72)

    expect(world.handedOut).toEqual(['1 -> box'])
    expect(world.outcomesOf(request)).toEqual([])
  })

  it('makes the container count as hung after the default response timeout and the hang time', () => {
    world.dispatcher.hold(world.connect('box'), 70)
    world.pass(1495)
    expect(world.hangs).toEqual([])
    world.pass(5)
    expect(world.hangs).toEqual(['70 -> box'])
  })

  it('goes with the container, without an outcome', () => {
    const box = world.connect('box')
    world.dispatcher.hold(box, 70)
    world.dispatcher.disconnect(box, 'disconnected')
    expect([world.dispatcher.armedDeadlines, world.dispatcher.busy, box.inFlight.size]).toEqual([0, false, 0])
  })

  it('is not given a second time: a request of its number waits, and others pass', () => {
    const box = world.connect('box', { credits: 3 })
    world.dispatcher.hold(box, 1)
    const [again, next] = [world.send({ number: 1 }), world.send({ number: 2 })]
    expect(world.handedOut).toEqual(['2 -> box'])
    world.answer(box, next)
    expect(world.credits(box)).toEqual({ free: 2, inFlight: 1 })

    world.dispatcher.answer(box, 1)
    expect(world.handedOut).toEqual(['2 -> box', '1 -> box'])
    world.answer(box, again)

    expect(world.outcomesOf(again)).toEqual(['result'])
  })

  it('does not keep a request of its number from another container', () => {
    const box = world.connect('box', { credits: 3 })
    world.dispatcher.hold(box, 1)
    world.connect('other')
    world.send({ number: 1 })
    expect(world.handedOut).toEqual(['1 -> other'])
  })
})

describe('a request that is sent again while a container has it', () => {
  let world: DispatchWorld
  beforeEach(() => {
    world = new DispatchWorld({ hangTimeoutMs: 500 })
    world.register({ responseTimeoutMs: 100 })
    world.nowMs = 40
  })

  it('takes the place of what was held, is not handed out, and ends with the result', () => {
    const box = world.connect('box')
    world.dispatcher.hold(box, 70)
    const request = world.make({ number: 70 })

    world.dispatcher.attach(box, request)
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 1 })
    expect([world.dispatcher.queues.get('digits')?.inFlight, world.owner.open.size, request.sentAtMs]).toEqual([1, 1, 40])
    world.answer(box, request)

    expect([world.handedOut, world.outcomesOf(request)]).toEqual([[], ['result']])
    expect([world.credits(box), world.owner.open.size, world.dispatcher.armedDeadlines]).toEqual([{ free: 1, inFlight: 0 }, 0, 0])
  })

  it('may be one that the container has answered already, and is then more than it may get', () => {
    const box = world.connect('box')
    world.send()
    const request = world.make({ number: 70 })
    world.dispatcher.attach(box, request)
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 2 })
    world.answer(box, request)
    expect([world.outcomesOf(request), world.credits(box)]).toEqual([['result'], { free: 0, inFlight: 1 }])
  })

  it('has the response timeout from now on', () => {
    const box = world.connect('box')
    world.dispatcher.hold(box, 70)
    const request = world.make({ number: 70 })
    world.dispatcher.attach(box, request)
    world.pass(100)
    expect(world.outcomesOf(request)).toEqual([401])
    world.pass(500)
    expect(world.hangs).toEqual(['70 -> box'])
  })

  it('is redelivered like any other when the container goes', () => {
    world.register({ redeliver: true })
    const box = world.connect('box')
    const request = world.make({ number: 70 })
    world.dispatcher.attach(box, request)
    world.connect('other')
    world.dispatcher.disconnect(box, 'disconnected')
    expect([world.handedOut, world.copied]).toEqual([['70 -> other'], [70]])
  })

  it('is 302 where the container has somebody else’s request of that number', () => {
    const box = world.connect('box', { credits: 2 })
    const theirs = world.send({ owner: newOwner(), number: 70 })
    const request = world.make({ number: 70 })

    world.dispatcher.attach(box, request)
    world.answer(box, theirs)

    expect([world.outcomesOf(request), world.outcomesOf(theirs)]).toEqual([[302], ['result']])
    expect(world.messageOf(request)).toBe('Specified Param Error: digits: container box on board-1 holds another request of the number 70')
  })
})

describe('a request that a container never got', () => {
  let world: DispatchWorld
  beforeEach(() => {
    world = new DispatchWorld()
    world.register({ redeliver: true })
  })

  it('is handed out again as if for the first time, where its data is still here', () => {
    const box = world.connect('box')
    const [lost] = [world.send(), world.send()]

    expect(world.dispatcher.giveBack(box, lost.number)).toBeUndefined()

    expect(world.handedOut).toEqual(['1 -> box', '1 -> box'])
    expect([lost.attempt, world.credits(box)]).toEqual([0, { free: 0, inFlight: 1 }])
    world.dispatcher.disconnect(box, 'disconnected')
    expect([lost.attempt, world.outcomesOf(lost)]).toEqual([1, []])
  })

  it('goes to another container where its own takes nothing any more', () => {
    const box = world.connect('box')
    const lost = world.send()
    world.connect('other')
    world.dispatcher.setAccepting(box, false)
    world.dispatcher.giveBack(box, lost.number)
    expect(world.handedOut).toEqual(['1 -> box', '1 -> other'])
  })

  it('is given to the caller, without an outcome, where its data is gone; the next one gets the credit', () => {
    world.register({ redeliver: false })
    const box = world.connect('box')
    const [lost, next] = [world.send(), world.send()]

    expect(world.dispatcher.giveBack(box, lost.number)).toBe(lost)

    expect(world.handedOut).toEqual(['1 -> box', '2 -> box'])
    expect([world.outcomesOf(lost), world.owner.open.keys()]).toEqual([[], [next.number]])
  })

  it('just leaves once nobody wants it', () => {
    const box = world.connect('box')
    const lost = world.send()
    world.dispatcher.cancel(lost)
    expect(world.dispatcher.giveBack(box, lost.number)).toBeUndefined()
    expect([world.credits(box), world.dispatcher.armedDeadlines]).toEqual([{ free: 1, inFlight: 0 }, 0])
  })

  it('is 400 when its inference was unloaded meanwhile', () => {
    const box = world.connect('box')
    const lost = world.send()
    world.dispatcher.removeQueue('digits')
    expect(world.dispatcher.giveBack(box, lost.number)).toBeUndefined()
    expect(world.outcomesOf(lost)).toEqual([400])
  })

  it('changes nothing where the container holds no such number', () => {
    const box = world.connect('box')
    world.send()
    expect(world.dispatcher.giveBack(box, 99)).toBeUndefined()
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 1 })
  })
})
