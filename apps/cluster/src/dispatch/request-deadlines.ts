import { DeadlineWheel } from './deadline-wheel'
import type { DispatchEffects } from './dispatch-effects'
import type { DispatchLimits } from './dispatch-limits'
import type { DispatchRequest } from './dispatch-request'

/**
 * When which request is due, one deadline at a time: its wait, then its response, then the patience with its container.
 * Each keeps the limits that stood when it was armed. All are in one {@link DeadlineWheel}.
 */
export class RequestDeadlines {
  private readonly wheel: DeadlineWheel

  constructor(
    nowMs: number,
    private readonly limits: DispatchLimits,
    private readonly effects: Pick<DispatchEffects, 'armed'>,
  ) {
    this.wheel = new DeadlineWheel(nowMs)
  }

  /** Deadlines that are armed. */
  get size(): number {
    return this.wheel.size
  }

  /** It begins to wait. */
  armWait(request: DispatchRequest, nowMs: number): void {
    this.arm(request, Math.min(nowMs + request.queue.settings.sendTimeoutMs, ownEndMs(request)))
  }

  /** A container has just been sent it, or goes on with its answer in parts: while that waits for its reader, only the caller's limit counts. */
  armResponse(request: DispatchRequest): void {
    const endMs = request.stream?.isOpen === false ? Number.POSITIVE_INFINITY : responseEndMs(request)
    this.arm(request, Math.min(endMs, ownEndMs(request)))
  }

  /**
   * It was abandoned; its container may hold it until its response timeout and the hang time are over.
   * Never counted from the past: a manager that was stopped itself for a while must not blame its containers.
   */
  armHang(request: DispatchRequest, nowMs: number): void {
    const endMs = ownLimitRules(request) ? responseEndMs(request) : request.deadlineMs
    this.disarm(request)
    this.arm(request, Math.max(endMs, nowMs) + this.limits.hangTimeoutMs)
  }

  /** A container holds it from before the manager's restart. */
  armHeld(request: DispatchRequest, nowMs: number): void {
    this.arm(request, nowMs + this.limits.responseTimeoutMs + this.limits.hangTimeoutMs)
  }

  /** Nothing happens if none is armed. */
  disarm(request: DispatchRequest): void {
    this.wheel.remove(request)
  }

  /** Everything that is due, disarmed, earliest first. */
  expire(nowMs: number): DispatchRequest[] {
    return this.wheel.expire(nowMs) as DispatchRequest[]
  }

  private arm(request: DispatchRequest, deadlineMs: number): void {
    const wasEmpty = this.wheel.size === 0
    this.wheel.add(request, deadlineMs)
    if (wasEmpty && this.wheel.size > 0) this.effects.armed()
  }
}

/** When its container has had it for too long. */
const responseEndMs = (request: DispatchRequest): number => heldSinceMs(request) + request.queue.settings.responseTimeoutMs

/** Since when its container has been able to go on with it. */
export const heldSinceMs = ({ stream, sentAtMs }: DispatchRequest): number => (stream ? stream.activeAtMs : sentAtMs)

/** When the caller's own limit passes, on the dispatcher's clock; Infinity if it has none. */
const ownEndMs = (request: DispatchRequest): number =>
  request.ownLimitMs > 0 ? request.arrivedAtMs + request.ownLimitMs : Number.POSITIVE_INFINITY

/** Whether the deadline that was armed last is the caller's own. The settings may have changed since, so they do not tell. */
export const ownLimitRules = (request: DispatchRequest): boolean => request.deadlineMs === ownEndMs(request)
