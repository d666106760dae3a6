import { NumberTable } from '@aicluster/transport'
import type { ContainerSlot } from './container-slot'
import { DispatchRequest, type RequestOwner } from './dispatch-request'
import type { HandOuts } from './hand-outs'
import { InferenceQueue } from './inference-queue'
import { describeNumberInUse, describeUnloaded } from './outcome-details'
import type { RequestDeadlines } from './request-deadlines'
import type { RequestLedger } from './request-ledger'

/** Stands for the queue of requests that this manager knows by their number only; nothing ever waits in it. */
const UNKNOWN_SETTINGS = {
  // No inference can have this name.
  name: '(from before the restart)',
  configName: '',
  acceptsInput: false,
  loop: false,
  sink: false,
  source: false,
  redeliver: false,
  sendTimeoutMs: Number.POSITIVE_INFINITY,
  responseTimeoutMs: Number.POSITIVE_INFINITY,
  limit: 0,
  limitBytes: 0,
}

/** Makes the table of what a container holds agree with what the container itself says that it holds, or never got. */
export class Reconciliation {
  private readonly nobody: RequestOwner = { open: new NumberTable(), waiting: 0 }
  private readonly unknownQueue = new InferenceQueue(UNKNOWN_SETTINGS)

  constructor(
    private readonly now: () => number,
    private readonly deadlines: RequestDeadlines,
    private readonly ledger: RequestLedger,
    private readonly handOuts: HandOuts,
  ) {}

  /** A container says that it has this number in hand: it occupies a credit until it is answered, dropped, or {@link attach}ed. */
  hold(container: ContainerSlot, number: number): void {
    if (container.inFlight.has(number)) return
    const held = new DispatchRequest(number, this.nobody, this.unknownQueue)
    held.state = 'abandoned'
    held.container = container
    held.arrivedAtMs = held.sentAtMs = this.now()
    held.queue.inFlight++
    container.inFlight.set(number, held)
    this.deadlines.armHeld(held, held.sentAtMs)
  }

  /** Whether the container holds this number and nobody has come for it (yet). */
  isHeld(container: ContainerSlot, number: number): boolean {
    return container.inFlight.get(number)?.owner === this.nobody
  }

  /** Forget a number that is held for nobody. */
  drop(container: ContainerSlot, number: number): void {
    if (!this.isHeld(container, number)) return
    this.takeOut(container, number)
    this.handOuts.refill(container)
  }

  /** Its owner has come for a request that the container has in hand, or has answered. */
  attach(container: ContainerSlot, request: DispatchRequest): void {
    if (this.isHeld(container, request.number)) this.takeOut(container, request.number)
    if (container.inFlight.has(request.number)) {
      return this.ledger.refuse(request, 'invalidParameter', describeNumberInUse(request, container))
    }
    this.ledger.enter(request)
    this.handOuts.adopt(container, request)
  }

  /** The container never got it. Returned if nobody here has its data: then it has neither an outcome nor a place any more. */
  giveBack(container: ContainerSlot, number: number): DispatchRequest | undefined {
    const request = container.inFlight.get(number)
    if (!request) return undefined
    const wanted = request.state === 'sent'
    const { hasData } = request
    if (wanted && this.handOuts.mayRepeat(request)) {
      container.inFlight.delete(number)
      this.handOuts.putBack(request)
    } else {
      this.takeOut(container, number)
      if (wanted && hasData) this.ledger.fail(request, 'unregisteredInference', describeUnloaded(request))
      else if (wanted) request.owner.open.delete(number)
    }
    this.handOuts.refill(container)
    if (request.state === 'queued') this.handOuts.offer(request)
    return wanted && !hasData ? request : undefined
  }

  private takeOut(container: ContainerSlot, number: number): void {
    const request = container.inFlight.get(number)
    container.inFlight.delete(number)
    if (request) this.handOuts.letGo(request)
  }
}
