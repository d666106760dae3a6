import type { ErrorKey } from '@aicluster/protocol'
import type { ContainerSlot } from './container-slot'
import type { DispatchEffects } from './dispatch-effects'
import type { DispatchRequest } from './dispatch-request'
import { count, FigureColumn } from './inference-figures'
import { describeOwnTimeout, describeResponseTimeout, describeSendTimeout } from './outcome-details'
import { ownLimitRules, type RequestDeadlines } from './request-deadlines'

/** Each request's entry and its end: whoever owns it has it open in between, and learns of one outcome. */
export class RequestLedger {
  private order = 0

  constructor(
    private readonly now: () => number,
    private readonly deadlines: RequestDeadlines,
    private readonly effects: DispatchEffects,
  ) {}

  /** It has arrived. Its owner must have no other open request of its number. */
  enter(request: DispatchRequest): void {
    request.arrivedAtMs = this.now()
    request.order = this.order++
    request.owner.open.set(request.number, request)
  }

  /** It never came in: it ends at once, and whatever its owner has open under its number stays. */
  refuse(request: DispatchRequest, key: ErrorKey, detail: string): void {
    request.arrivedAtMs = this.now()
    request.dropData()
    this.effects.fail(request, key, detail)
  }

  /** It ends with an error; no queue and no container has it. */
  fail(request: DispatchRequest, key: ErrorKey, detail: string): void {
    request.owner.open.delete(request.number)
    request.dropData()
    this.effects.fail(request, key, detail)
  }

  /** It waits, and ends with an error. */
  failQueued(request: DispatchRequest, key: ErrorKey, detail: string): void {
    this.leaveQueue(request)
    this.fail(request, key, detail)
  }

  /** It waited too long. */
  timeOutQueued(request: DispatchRequest): void {
    this.leaveQueue(request)
    if (ownLimitRules(request)) this.fail(request, 'requestTimeout', describeOwnTimeout(request))
    else this.fail(request, 'sendQueueTimeout', describeSendTimeout(request))
  }

  /** A container has it for too long, and keeps the credit. */
  timeOutSent(request: DispatchRequest): void {
    const container = request.container as ContainerSlot
    const own = ownLimitRules(request)
    if (own) this.fail(request, 'requestTimeout', describeOwnTimeout(request, container))
    else this.fail(request, 'responseTimeout', describeResponseTimeout(request, container))
    this.leaveInHand(request, 'abandoned')
    // Nobody will take its parts any more: it must not wait for that.
    if (own || request.stream) this.effects.cancel(container, request)
  }

  /** The program of a sink has it: that is its outcome. The container keeps the credit until the program is done. */
  take(request: DispatchRequest): void {
    request.owner.open.delete(request.number)
    request.dropData()
    this.leaveInHand(request, 'taken')
  }

  /** Nobody wants its outcome any more: it gets none. A container that has it is told, and keeps the credit. */
  cancel(request: DispatchRequest): void {
    const { state, owner, number } = request
    if (owner.open.get(number) !== request) return
    owner.open.delete(number)
    count(request.queue.figures, FigureColumn.canceled)
    request.dropData()
    if (state === 'queued') this.leaveQueue(request)
    else if (state === 'sent') {
      this.leaveInHand(request, 'abandoned')
      this.effects.cancel(request.container as ContainerSlot, request)
    }
  }

  /** It waits no more; its owner has it open still. */
  takeOut(request: DispatchRequest): void {
    this.leaveQueue(request)
    request.dropData()
  }

  private leaveQueue(request: DispatchRequest): void {
    this.deadlines.disarm(request)
    request.queue.remove(request)
    request.state = 'done'
  }

  /** It has its outcome, or needs none; its container goes on with it. */
  private leaveInHand(request: DispatchRequest, state: 'taken' | 'abandoned'): void {
    request.state = state
    this.deadlines.armHang(request, this.now())
  }
}
