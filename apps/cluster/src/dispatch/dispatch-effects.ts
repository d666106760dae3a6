import type { ErrorKey } from '@aicluster/protocol'
import type { ContainerSlot } from './container-slot'
import type { DispatchRequest } from './dispatch-request'

/** What the dispatcher makes happen. Called at once, within the call that caused it: an effect must neither throw nor call the dispatcher. */
export interface DispatchEffects {
  /** Send the request to the container; its data is dropped when this returns, unless {@link DispatchEffects.keep} follows. */
  handOut(container: ContainerSlot, request: DispatchRequest): void
  /** The request ends with this error. */
  fail(request: DispatchRequest, key: ErrorKey, detail: string): void
  /** The request's outcome is what it was sent. */
  echo(request: DispatchRequest): void
  /** The container need not go on with this request. */
  cancel(container: ContainerSlot, request: DispatchRequest): void
  /** The request has to wait, or may have to be handed out again: what it holds must not keep a whole received batch alive. */
  keep(request: DispatchRequest): void
  /**
   * The container still holds the request so long after its response timeout that it counts as hung. Once per request.
   * Nothing changes by itself: the credit stays occupied until the container answers or is disconnected.
   */
  hung(container: ContainerSlot, request: DispatchRequest): void
  /** A deadline was armed while there was none: from now on {@link Dispatcher.tick} has to be called. */
  armed(): void
}
