import type { ErrorKey } from '@aicluster/protocol'
import type { ContainerSlot } from '../container-slot'
import type { DispatchEffects } from '../dispatch-effects'
import type { DispatchRequest } from '../dispatch-request'
import { demand } from './demand'

/**
 * Writes down what the dispatcher makes happen, and watches rule 1 by itself: every accepted request gets one outcome,
 * unless nobody wants it any more. It asks neither the dispatcher nor the model.
 */
export class WatchedEffects implements DispatchEffects {
  /** Of the step that is being done. */
  events: string[] = []
  /** Requests that were accepted, are still wanted, and have no outcome yet. */
  readonly owed = new Set<number>()
  /** Whether it was said that there is a deadline, in the step that is being done. */
  toldOfDeadline = false
  /** How many containers may have begun with a request. */
  private readonly runs = new Map<DispatchRequest, number>()

  handOut(container: ContainerSlot, request: DispatchRequest): void {
    demand(request.tail !== undefined, () => `request ${request.number} is handed out without its data`)
    demand(container.inFlight.size <= container.maxSendNum, () => `${container.instance} got more than its credits allow`)
    demand(container.inFlight.get(request.number) === request, () => `${container.instance} does not hold what it is sent`)
    const runs = (this.runs.get(request) ?? request.attempt) + 1
    demand(
      runs === request.attempt + 1,
      () => `request ${request.number} may have run ${runs - 1} times, its attempt is ${request.attempt}`,
    )
    this.runs.set(request, runs)
    this.events.push(`${request.attempt > 0 ? 'second-hand-out' : 'hand-out'} ${request.number} ${container.instance}`)
  }

  fail(request: DispatchRequest, key: ErrorKey, detail: string): void {
    demand(request.tail === undefined, () => `request ${request.number} failed and keeps its data`)
    // What is refused for taking no input needs no more words than its code's own.
    demand(detail !== '' || key === 'inferenceTakesNoInput', () => `request ${request.number} failed with ${key} and nothing was said`)
    const why = detail.includes('max_queued_per_session') ? 'sessionFull' : key
    this.settle(request, `fail ${request.number} ${why}`)
  }

  echo(request: DispatchRequest): void {
    demand(request.tail !== undefined, () => `request ${request.number} is echoed without its data`)
    this.settle(request, `echo ${request.number}`)
  }

  /** Not an effect: what an answer returned. */
  result(request: DispatchRequest): void {
    this.settle(request, `result ${request.number}`)
  }

  /** Not an effect: what the word that a sink has taken it returned. */
  taken(request: DispatchRequest): void {
    this.settle(request, `taken ${request.number}`)
  }

  cancel(container: ContainerSlot, request: DispatchRequest): void {
    this.events.push(`cancel ${request.number} ${container.instance}`)
  }

  keep(request: DispatchRequest): void {
    this.events.push(`keep ${request.number}`)
  }

  hung(container: ContainerSlot, request: DispatchRequest): void {
    this.events.push(`hung ${request.number} ${container.instance}`)
  }

  armed(): void {
    this.toldOfDeadline = true
  }

  /** Not an effect: a container has it, whoever sent it there. */
  attached(request: DispatchRequest): void {
    this.runs.set(request, request.attempt + 1)
  }

  /** Not an effect: the container never got it. */
  gaveBack(request: DispatchRequest): void {
    this.runs.set(request, (this.runs.get(request) as number) - 1)
  }

  /** Not an effect: it left without an outcome, because its data is gone. */
  returned(request: DispatchRequest): void {
    this.settle(request, `returned ${request.number}`)
  }

  private settle(request: DispatchRequest, event: string): void {
    demand(this.owed.delete(request.number), () => `an outcome that is not owed, the second or an unwanted one: ${event}`)
    this.events.push(event)
  }
}
