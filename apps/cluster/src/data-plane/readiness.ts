import type { ContainerSlot } from '../dispatch/container-slot'
import type { InferenceQueue } from '../dispatch/inference-queue'

/** Whether a request that came now would be served, and if not, why. A code is a place in this list. */
export const READINESS = ['ready', 'takes_no_input', 'no_container', 'not_ready', 'distribution_off', 'stuck', 'queue_full'] as const
export type Readiness = (typeof READINESS)[number]

/** Whether nothing is wrong: it serves requests, or it takes none by its nature and is in order otherwise. */
export const isInOrder = (readiness: Readiness): boolean => readiness === 'ready' || readiness === 'takes_no_input'

/** The readiness of each inference, as two columns: cheap to send to the other thread, however many there are. */
export interface ReadinessTable {
  /** Nothing new is accepted, whatever the inferences could do. */
  draining: boolean
  /** Another program has the place of one of the sockets: whoever is not connected cannot come. */
  socketLost: boolean
  names: string[]
  /** Places in {@link READINESS}. */
  codes: number[]
}

/**
 * What would become of a request to this inference. A source takes none (403), but it needs a container all the same.
 * @param isHeld - whether the container holds this number from before a restart, for nobody yet
 */
export function readinessOf(queue: InferenceQueue, isHeld: (container: ContainerSlot, number: number) => boolean): Readiness {
  const { settings, subscriptions } = queue
  if (settings.loop) return settings.acceptsInput ? 'ready' : 'takes_no_input'
  if (subscriptions.length === 0) return 'no_container'
  const accepting = subscriptions.filter(({ container }) => container.accepting && !container.held)
  if (accepting.length === 0) return 'not_ready'
  if (!settings.acceptsInput) return 'takes_no_input'
  const open = accepting.filter(({ paused }) => !paused)
  if (open.length === 0) return 'distribution_off'
  if (open.some(({ container }) => container.free > 0)) return 'ready'
  if (open.every(({ container }) => isStuck(container, isHeld))) return 'stuck'
  const full = queue.waiting >= settings.limit || queue.waitingBytes >= settings.limitBytes
  return full ? 'queue_full' : 'ready'
}

/** Everything it holds has ended for its applications: who knows when, or whether, it comes back. */
function isStuck(container: ContainerSlot, isHeld: (container: ContainerSlot, number: number) => boolean): boolean {
  for (const { state, number } of container.inFlight.values()) {
    if (state !== 'abandoned' || isHeld(container, number)) return false
  }
  return container.inFlight.size > 0
}
