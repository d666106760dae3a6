import { describe, expect, it } from 'vitest'
import { DispatchWorld, newOwner } from './test/dispatch-world'

describe('a full queue', () => {
  it('refuses with 305 at once by count, and what waits stays', () => {
    const world = new DispatchWorld()
    const queue = world.register({ limit: 2 })
    const requests = [world.send(), world.send(), world.send()]
    expect(requests.map((request) => world.outcomesOf(request))).toEqual([[], [], [305]])
    expect(queue.waiting).toBe(2)
  })

  it('refuses with 305 at once by bytes, and takes what still fits', () => {
    const world = new DispatchWorld()
    const queue = world.register({ limitBytes: 100 })
    const requests = [60, 60, 40, 1].map((bytes) => world.send({ bytes }))
    expect(requests.map((request) => world.outcomesOf(request))).toEqual([[], [305], [], [305]])
    expect(queue.waitingBytes).toBe(100)
  })

  it('counts what waits, not what containers hold', () => {
    const world = new DispatchWorld()
    world.register({ limit: 1 })
    world.connect('box', { credits: 2 })
    const requests = [world.send(), world.send(), world.send(), world.send()]
    expect(requests.map((request) => world.outcomesOf(request))).toEqual([[], [], [], [305]])
  })

  it('has room again when one of the waiting is handed out, deleted, given up or timed out', () => {
    const world = new DispatchWorld()
    world.register({ limit: 1, sendTimeoutMs: 100 })
    const box = world.connect('box')
    const held = world.send()
    const handedOut = world.send()
    world.answer(box, held)
    const deleted = world.send()
    world.deleteQueued(deleted)
    const givenUp = world.send()
    world.dispatcher.cancel(givenUp)
    const timedOut = world.send()
    world.pass(100)
    const last = world.send()
    expect([handedOut, deleted, givenUp, timedOut, last].map((request) => world.outcomesOf(request))).toEqual([[], [310], [], [306], []])
  })

  it('with a limit of 0 takes only what leaves at once', () => {
    const world = new DispatchWorld()
    world.register({ limit: 0 })
    world.connect('box')
    const requests = [world.send(), world.send()]
    expect(requests.map((request) => world.outcomesOf(request))).toEqual([[], [305]])
  })

  it('follows a limit that is changed while requests wait', () => {
    const world = new DispatchWorld()
    world.register({ limit: 3 })
    const before = [world.send(), world.send()]
    world.register({ limit: 1 })
    const refused = world.send()
    world.register({ limit: 3 })
    const taken = world.send()
    expect([...before, refused, taken].map((request) => world.outcomesOf(request))).toEqual([[], [], [305], []])
  })
})

describe('an application with too many waiting', () => {
  it('is refused with 305 at once, in every inference, while others are not', () => {
    const world = new DispatchWorld({ maxQueuedPerSession: 2 })
    world.register()
    world.register({ name: 'letters' })
    const requests = [world.send(), world.send({ name: 'letters' }), world.send(), world.send({ owner: newOwner() })]
    expect(requests.map((request) => world.outcomesOf(request))).toEqual([[], [], [305], []])
    expect(world.owner.waiting).toBe(2)
  })

  it('may have any number in the hands of containers', () => {
    const world = new DispatchWorld({ maxQueuedPerSession: 1 })
    world.register()
    world.connect('box', { credits: 2 })
    const requests = [world.send(), world.send(), world.send(), world.send()]
    expect(requests.map((request) => world.outcomesOf(request))).toEqual([[], [], [], [305]])
  })

  it('may send again when one of the waiting is handed out, deleted, given up, timed out or unloaded', () => {
    const world = new DispatchWorld({ maxQueuedPerSession: 1 })
    world.register({ sendTimeoutMs: 100 })
    const box = world.connect('box')
    const held = world.send()
    world.send()
    world.answer(box, held)
    world.deleteQueued(world.send())
    world.dispatcher.cancel(world.send())
    world.send()
    world.pass(100)
    world.send()
    world.dispatcher.removeQueue('digits')
    expect(world.owner.waiting).toBe(0)
  })
})

describe('a request that is never accepted', () => {
  it('ends at once with what is said, and leaves alone what its owner has open under its number', () => {
    const world = new DispatchWorld()
    world.register()
    world.nowMs = 30
    const open = world.send()
    const request = world.make({ number: open.number })

    world.dispatcher.refuse(request, 'outcomeExpired', 'it came too late')

    expect(world.messageOf(request)).toBe('Outcome expired: it came too late')
    expect([world.outcomesOf(request), request.arrivedAtMs, request.hasData]).toEqual([[314], 30, false])
    expect(world.owner.open.get(open.number)).toBe(open)
  })
})

describe('an error message', () => {
  it('305 by count names the inference, the limit and what waits', () => {
    const world = new DispatchWorld()
    world.register({ limit: 1 })
    world.send()
    expect(world.messageOf(world.send())).toBe('Send Wait Queue Full: digits: 1 requests wait, its queue_limit is 1')
  })

  it('305 by bytes names the inference, the limit, what waits and what came', () => {
    const world = new DispatchWorld()
    world.register({ limitBytes: 100 })
    world.send({ bytes: 80 })
    expect(world.messageOf(world.send({ bytes: 30 }))).toBe(
      'Send Wait Queue Full: digits: 80 bytes wait and this request has 30, its queue_bytes is 100',
    )
  })

  it('305 of an application names the inference, what waits, the limit and its key', () => {
    const world = new DispatchWorld({ maxQueuedPerSession: 1 })
    world.register()
    world.send()
    expect(world.messageOf(world.send())).toBe(
      'Send Wait Queue Full: digits: 1 requests of this application wait, limits.max_queued_per_session is 1',
    )
  })

  it('306 names the inference, the limit, and why nobody took the request', () => {
    const world = new DispatchWorld()
    world.register({ sendTimeoutMs: 100 })
    world.connect('busy')
    world.connect('paused', { paused: ['digits'] })
    world.connect('starting', { ready: false })
    world.send()
    const waiting = world.send()
    world.pass(60)
    world.send()
    world.pass(40)
    expect(world.messageOf(waiting)).toBe(
      'Send Wait Queue TimeOut: digits: no credit became free within 100 ms (send_timeout); ' +
        'containers connected: 3, paused: 1, not ready: 1, other requests waiting: 1',
    )
  })

  it('401 names the inference, the container, its board and the limit', () => {
    const world = new DispatchWorld()
    world.register({ responseTimeoutMs: 100 })
    world.connect('digits_1')
    const request = world.send()
    world.pass(100)
    expect(world.messageOf(request)).toBe(
      'Response TimeOut Error: digits: container digits_1 on board-1 did not answer within 100 ms (wait_queue_timeout)',
    )
  })

  it('402 names the inference, the container, its board and what became of it', () => {
    const world = new DispatchWorld()
    world.register()
    const box = world.connect('digits_1')
    const request = world.send()
    world.dispatcher.disconnect(box, 'said goodbye')
    expect(world.messageOf(request)).toBe(
      'Response Disconnect Error: digits: container digits_1 on board-1 said goodbye while it held the request',
    )
  })

  it("313 says whether the caller's time passed in the queue or in a container", () => {
    const world = new DispatchWorld()
    world.register()
    world.connect('digits_1')
    const [held, waiting] = [world.send({ timeoutMs: 50 }), world.send({ timeoutMs: 50 })]
    world.pass(50)
    expect(world.messageOf(held)).toBe(
      "Request timed out: digits: the caller's timeout of 50 ms passed while container digits_1 on board-1 held the request",
    )
    expect(world.messageOf(waiting)).toBe(
      "Request timed out: digits: the caller's timeout of 50 ms passed while the request waited for a credit",
    )
  })

  it('313 names paused containers: nobody would have taken the request', () => {
    const world = new DispatchWorld()
    world.register()
    world.connect('digits_1', { paused: ['digits'] })
    const request = world.send({ timeoutMs: 50 })
    world.pass(50)
    expect(world.messageOf(request)).toMatch(/waited for a credit; containers connected: 1, paused: 1$/)
  })
})
