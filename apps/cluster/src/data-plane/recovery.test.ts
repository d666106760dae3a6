import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DispatchRequest } from '../dispatch/dispatch-request'
import { DispatchWorld, newOwner } from '../dispatch/test/dispatch-world'
import type { HandOutJournal } from '../journal/hand-out-journal'
import { ContainerSession } from './container-session'
import { Recovery } from './recovery'
import type { RequestFlow } from './request-flow'

const EPOCH = 7

/** What a container says when it comes back, and what it serves. */
interface Before {
  inHand?: number[]
  answered?: number[]
  serves?: string
}

/** A manager that has just started: a dispatcher, and what an earlier manager has handed out. */
class RecoveryWorld extends DispatchWorld {
  readonly cancelled: number[] = []
  readonly recovery: Recovery
  private readonly flow: RequestFlow

  constructor(handedOutBefore: readonly number[]) {
    super()
    this.flow = {
      dispatcher: this.dispatcher,
      keep: () => {},
      cancelNumber: (_container: unknown, number: number) => this.cancelled.push(number),
    } as unknown as RequestFlow
    const journal = { has: (number: number) => handedOutBefore.includes(number), forgetEarlier: () => {} } as HandOutJournal
    this.recovery = new Recovery(() => this.flow, journal)
  }

  /** A container comes back, and says what it has from before. */
  comeBack(instance: string, { inHand = [], answered = [], serves = 'digits' }: Before = {}): ContainerSession {
    const expected = {
      instance,
      suffixName: instance,
      board: 'board1',
      names: [serves],
      maxSendNum: 2,
      tokenSha256: '',
      paused: [],
      held: false,
      adopted: true,
    }
    const container = new ContainerSession(
      1,
      EPOCH,
      expected,
      'nonce',
      () => {},
      () => [],
    )
    container.serve([serves])
    container.before = { epoch: EPOCH - 1, inHand, answered }
    container.connected = true
    container.asking.up(false)
    this.dispatcher.connect(container)
    this.recovery.connected(container)
    this.dispatcher.setAccepting(container, true)
    return container
  }

  /** An application sends a request of before again. */
  sendAgain(number: number): DispatchRequest {
    const request = this.make({ number, owner: newOwner() })
    this.recovery.admit(request)
    return request
  }
}

describe('after a restart of the manager, a request that is sent again', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('goes on in the container that holds it, and is not handed out a second time', () => {
    const world = new RecoveryWorld([11])
    world.register()
    world.recovery.open()
    const container = world.comeBack('c1', { inHand: [11] })
    const request = world.sendAgain(11)

    expect(world.handedOut).toEqual([])
    expect(container.inFlight.get(11)).toBe(request)
    expect(container.free).toBe(1)
  })

  it('asks for the answer where the container has answered it already', () => {
    const world = new RecoveryWorld([11])
    world.register()
    world.recovery.open()
    const container = world.comeBack('c1', { answered: [11] })
    world.sendAgain(11)
    vi.advanceTimersByTime(1)

    expect(container.asking.isReconciling).toBe(true)
    expect(world.handedOut).toEqual([])
  })

  it('waits for a container that may hold it, and goes on there', () => {
    const world = new RecoveryWorld([11])
    world.register()
    world.recovery.expect('c1')
    world.recovery.open()
    const request = world.sendAgain(11)
    expect(world.outcomesOf(request)).toEqual([])
    const container = world.comeBack('c1', { inHand: [11] })

    expect(container.inFlight.get(11)).toBe(request)
    expect(world.recovery.waitingRequests).toBe(0)
  })

  it('is 402 when it was handed out and no container has it', () => {
    const world = new RecoveryWorld([11])
    world.register()
    world.recovery.open()
    world.comeBack('c1')

    expect(world.outcomesOf(world.sendAgain(11))).toEqual([402])
  })

  it('is 402 after 3 s when the container that may hold it does not come back', () => {
    const world = new RecoveryWorld([11])
    world.register()
    world.recovery.expect('c1')
    world.recovery.open()
    const request = world.sendAgain(11)
    vi.advanceTimersByTime(2_999)
    expect(world.outcomesOf(request)).toEqual([])
    vi.advanceTimersByTime(1)

    expect(world.outcomesOf(request)).toEqual([402])
  })

  it('is run a second time, and marked so, when its inference says redeliver', () => {
    const world = new RecoveryWorld([11])
    world.register({ redeliver: true })
    world.recovery.open()
    world.comeBack('c1')
    const request = world.sendAgain(11)

    expect(world.handedOut).toEqual(['11 -> c1'])
    expect(request.attempt).toBe(1)
  })

  it('is run as if new when it was never handed out', () => {
    const world = new RecoveryWorld([11])
    world.register()
    world.recovery.open()
    world.comeBack('c1')
    const request = world.sendAgain(12)

    expect(world.handedOut).toEqual(['12 -> c1'])
    expect(request.attempt).toBe(0)
  })

  it('that was given up while it waited for its container gets no outcome', () => {
    const world = new RecoveryWorld([11])
    world.register()
    world.recovery.expect('c1')
    world.recovery.open()
    const request = world.sendAgain(11)
    world.dispatcher.cancel(request)
    vi.advanceTimersByTime(3_000)

    expect(world.outcomesOf(request)).toEqual([])
  })

  it('is 314 when nothing can be known about it any more', () => {
    const world = new RecoveryWorld([11])
    world.register()
    world.recovery.open()
    vi.advanceTimersByTime(3_600_000)

    expect(world.outcomesOf(world.sendAgain(11))).toEqual([314])
  })
})

describe('what a container has from before', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('occupies its credits', () => {
    const world = new RecoveryWorld([])
    world.register()
    world.recovery.open()
    const container = world.comeBack('c1', { inHand: [11, 12] })
    const request = world.send()

    expect(container.free).toBe(0)
    expect(world.handedOut).toEqual([])
    expect(request.state).toBe('queued')
  })

  it('is kept by it once answered, until its application asks', () => {
    const world = new RecoveryWorld([])
    world.register()
    world.recovery.open()
    const container = world.comeBack('c1', { inHand: [11] })
    world.dispatcher.answer(container, 11)

    expect(world.recovery.keepsAnswer(container, 11)).toBe(true)
    expect(container.free).toBe(2)
  })

  it('is given up when no application has asked for it in 35 s', () => {
    const world = new RecoveryWorld([])
    world.register()
    world.recovery.open()
    const container = world.comeBack('c1', { inHand: [11], answered: [12] })
    vi.advanceTimersByTime(35_000)

    expect(world.cancelled).toEqual([11])
    expect(world.recovery.openClaims).toBe(0)
    expect(world.recovery.keepsAnswer(container, 12)).toBe(false)
  })

  it('is given up 35 s after it came back, however late that was', () => {
    const world = new RecoveryWorld([])
    world.register()
    world.recovery.open()
    vi.advanceTimersByTime(600_000)
    const container = world.comeBack('c1', { inHand: [11], answered: [12] })
    vi.advanceTimersByTime(34_999)
    expect(world.recovery.openClaims).toBe(2)
    vi.advanceTimersByTime(1)

    expect(world.cancelled).toEqual([11])
    expect(world.recovery.openClaims).toBe(0)
    expect(world.recovery.keepsAnswer(container, 12)).toBe(false)
  })

  it('is lost with it', () => {
    const world = new RecoveryWorld([11])
    world.register()
    world.recovery.open()
    const container = world.comeBack('c1', { inHand: [11] })
    world.recovery.disconnected(container)
    world.dispatcher.disconnect(container, 'disconnected')

    expect(world.outcomesOf(world.sendAgain(11))).toEqual([402])
  })
})

describe('a container that says it has what it never got', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const liar = { inHand: [10, 11], answered: [12], serves: 'cats' }

  it.each([
    ['before the one that has it', ['liar', 'honest']],
    ['after the one that has it', ['honest', 'liar']],
  ])('gets no request of an inference that it does not serve, whether it comes %s', (_when, order) => {
    const world = new RecoveryWorld([11])
    world.register()
    world.recovery.open()
    const containers = new Map(order.map((name) => [name, world.comeBack(name, name === 'liar' ? liar : { inHand: [11] })]))
    const request = world.sendAgain(11)

    expect(containers.get('honest')?.inFlight.get(11)).toBe(request)
    expect(containers.get('liar')?.inFlight.get(11)).not.toBe(request)
    expect(world.outcomesOf(request)).toEqual([])
  })

  it.each([10, 12])('counts for nothing where nobody else has it: the request is 402 as if it had said nothing (%d)', (number) => {
    const world = new RecoveryWorld([10, 12])
    world.register()
    world.recovery.open()
    const container = world.comeBack('liar', liar)

    expect(world.outcomesOf(world.sendAgain(number))).toEqual([402])
    vi.advanceTimersByTime(1)
    expect(container.asking.isReconciling).toBe(false)
  })

  it('loses the number as soon as the container that has it is asked for it', () => {
    const world = new RecoveryWorld([11])
    world.register()
    world.recovery.open()
    const first = world.comeBack('c1', { inHand: [11] })
    const second = world.comeBack('c2', { inHand: [11] })
    const request = world.sendAgain(11)

    expect(first.inFlight.get(11)).toBe(request)
    expect(world.cancelled).toEqual([11])
    expect(world.recovery.openClaims).toBe(0)
    expect(world.recovery.keepsAnswer(second, 11)).toBe(false)
  })
})
