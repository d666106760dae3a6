import type { ErrorKey } from '@aicluster/protocol'
import type { ContainerSlot } from '../container-slot'
import type { DispatchRequest } from '../dispatch-request'
import type { DispatchEffects } from '../dispatcher'
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

  handOut(container: ContainerSlot, request: DispatchRequest): void {
    demand(request.tail !== undefined, () => `request ${request.number} is handed out without its data`)
    demand(container.inFlight.size <= container.maxSendNum, () => `${container.instance} got more than its credits allow`)
    this.events.push(`hand-out ${request.number} ${container.instance}`)
  }

  fail(request: DispatchRequest, key: ErrorKey, detail: string): void {
    demand(request.tail === undefined, () => `request ${request.number} failed and keeps its data`)
    // What is refused for taking no input needs no more words than its code's own.
    demand(detail !== '' || key === 'inferenceTakesNoInput', () => `request ${request.number} failed with ${key} and nothing was said`)
    this.settle(request, `fail ${request.number} ${key}`)
  }

  echo(request: DispatchRequest): void {
    demand(request.tail !== undefined, () => `request ${request.number} is echoed without its data`)
    this.settle(request, `echo ${request.number}`)
  }

  /** Not an effect: what an answer returned. */
  result(request: DispatchRequest): void {
    this.settle(request, `result ${request.number}`)
  }

  cancel(container: ContainerSlot, request: DispatchRequest): void {
    this.events.push(`cancel ${request.number} ${container.instance}`)
  }

  keep(request: DispatchRequest): void {
    this.events.push(`keep ${request.number}`)
  }

  private settle(request: DispatchRequest, event: string): void {
    demand(this.owed.delete(request.number), () => `an outcome that is not owed, the second or an unwanted one: ${event}`)
    this.events.push(event)
  }
}
