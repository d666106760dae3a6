import { beforeEach, describe, expect, it } from 'vitest'
import { DispatchWorld } from './test/dispatch-world'

const NEVER = Number.POSITIVE_INFINITY

describe('deadlines', () => {
  let world: DispatchWorld
  beforeEach(() => {
    world = new DispatchWorld()
  })

  it('fire on time even when no credit ever frees', () => {
    world.register({ sendTimeoutMs: 100, responseTimeoutMs: NEVER })
    world.connect('busy')
    world.send()
    const waiting = world.send()

    world.pass(95)
    expect(world.outcomesOf(waiting)).toEqual([])
    world.pass(5)

    expect(world.outcomesOf(waiting)).toEqual([306])
  })

  it('count from the arrival in the queue, not from the arrival at its head', () => {
    world.register({ sendTimeoutMs: 100 })
    const box = world.connect('box')
    const [first, second, third] = [world.send(), world.send(), world.send()]
    world.pass(60)
    world.answer(box, first)
    expect(world.handedOut).toEqual(['1 -> box', '2 -> box'])

    world.pass(40)

    expect([second, third].map((request) => world.outcomesOf(request))).toEqual([[], [306]])
  })

  it('of the response count from the hand-out', () => {
    world.register({ sendTimeoutMs: 1000, responseTimeoutMs: 100 })
    const box = world.connect('box', { ready: false })
    const request = world.send()
    world.pass(500)
    world.dispatcher.setAccepting(box, true)

    world.pass(95)
    expect(world.outcomesOf(request)).toEqual([])
    world.pass(5)

    expect(world.outcomesOf(request)).toEqual([401])
  })

  it.each([
    ['no container is connected', () => undefined],
    ['every container is paused', () => world.connect('box', { paused: ['digits'] })],
    ['no container is ready', () => world.connect('box', { ready: false })],
    ['a container serves another inference only', () => world.connect('box', { names: ['letters'] })],
  ])('end the wait with 306 while %s', (_while, arrange) => {
    world.register({ sendTimeoutMs: 100 })
    arrange()

    const request = world.send()
    expect(world.outcomesOf(request)).toEqual([])
    world.pass(100)

    expect(world.outcomesOf(request)).toEqual([306])
    expect(world.handedOut).toEqual([])
  })

  it('that are never do not fire and are not armed', () => {
    world.register({ sendTimeoutMs: NEVER, responseTimeoutMs: NEVER })
    const box = world.connect('box')
    const [held, waiting] = [world.send(), world.send()]

    world.nowMs = 1e12
    world.dispatcher.tick()

    expect(world.dispatcher.armedDeadlines).toBe(0)
    world.answer(box, held)
    world.answer(box, waiting)
    expect([held, waiting].map((request) => world.outcomesOf(request))).toEqual([['result'], ['result']])
  })

  it('all fire when the clock has jumped, each once, in their order', () => {
    world.register({ name: 'slow', sendTimeoutMs: 300_000 })
    world.register({ name: 'fast', sendTimeoutMs: 10 })
    const [slow, fast] = [world.send({ name: 'slow' }), world.send({ name: 'fast' })]
    const ended: string[] = []
    const fail = world.fail.bind(world)
    world.fail = (request, ...rest) => {
      ended.push(request.queue.settings.name)
      fail(request, ...rest)
    }

    world.nowMs = 1e7
    world.dispatcher.tick()
    world.dispatcher.tick()

    expect(ended).toEqual(['fast', 'slow'])
    expect([slow, fast].map((request) => world.outcomesOf(request))).toEqual([[306], [306]])
  })

  it('are let go with every outcome', () => {
    world.register()
    const box = world.connect('box', { credits: 2 })
    const [answered, , deleted, cancelled] = [world.send(), world.send(), world.send(), world.send()]
    expect(world.dispatcher.armedDeadlines).toBe(4)

    world.deleteQueued(deleted)
    world.dispatcher.cancel(cancelled)
    expect(world.dispatcher.armedDeadlines).toBe(2)
    world.answer(box, answered)
    expect(world.dispatcher.armedDeadlines).toBe(1)
    world.dispatcher.disconnect(box, 'disconnected')

    expect(world.dispatcher.armedDeadlines).toBe(0)
  })

  it('keep the limits that stood when the request came, also in what they say', () => {
    world.register({ sendTimeoutMs: 100 })
    const request = world.send({ timeoutMs: 200 })
    world.register({ sendTimeoutMs: 5000 })

    world.pass(100)

    expect(world.outcomesOf(request)).toEqual([306])
    expect(world.messageOf(request)).toContain('within 100 ms')
  })

  it('that are over keep a request from being begun, though no tick came between', () => {
    world.register({ sendTimeoutMs: 100 })
    const box = world.connect('box')
    const [held, over] = [world.send(), world.send()]
    world.nowMs = 99
    const fresh = world.send()

    world.nowMs = 100
    world.answer(box, held)

    expect(world.handedOut).toEqual(['1 -> box', '3 -> box'])
    expect([over, fresh].map((request) => world.outcomesOf(request))).toEqual([[306], []])
  })
})

describe("the caller's own timeout", () => {
  let world: DispatchWorld
  beforeEach(() => {
    world = new DispatchWorld()
    world.register({ sendTimeoutMs: 100, responseTimeoutMs: 100 })
  })

  it('ends the wait with 313 when it is the shorter one', () => {
    const request = world.send({ timeoutMs: 50 })
    world.pass(50)
    expect(world.outcomesOf(request)).toEqual([313])
  })

  it("leaves the wait to the inference's limit when that is the shorter one", () => {
    const request = world.send({ timeoutMs: 150 })
    world.pass(150)
    expect(world.outcomesOf(request)).toEqual([306])
  })

  it('goes on counting from the arrival while a container holds the request, who is told when it passes', () => {
    const box = world.connect('box', { ready: false })
    const request = world.send({ timeoutMs: 120 })
    world.pass(80)
    world.dispatcher.setAccepting(box, true)

    world.pass(35)
    expect(world.outcomesOf(request)).toEqual([])
    world.pass(5)

    expect(world.outcomesOf(request)).toEqual([313])
    expect(world.toldToStop).toEqual(['1 -> box'])
    expect(world.credits(box)).toEqual({ free: 0, inFlight: 1 })
  })

  it('works where the inference knows no limit', () => {
    world.register({ sendTimeoutMs: NEVER, responseTimeoutMs: NEVER })
    world.connect('box')
    const [held, waiting] = [world.send({ timeoutMs: 50 }), world.send({ timeoutMs: 50 })]

    world.pass(50)

    expect([held, waiting].map((request) => world.outcomesOf(request))).toEqual([[313], [313]])
  })
})
