import type { ContainerSlot } from '../container-slot'
import type { RequestOwner } from '../dispatch-request'
import type { Dispatcher } from '../dispatcher'
import type { InferenceQueue } from '../inference-queue'
import { demand } from './demand'

/** Nothing is left of any request, in whatever still stands. */
export function demandRest(
  dispatcher: Dispatcher,
  owners: ReadonlyMap<string, RequestOwner>,
  containers: Iterable<ContainerSlot>,
  queues: Iterable<InferenceQueue>,
): void {
  demand(!dispatcher.busy, () => 'at rest the dispatcher is busy')
  demand(dispatcher.armedDeadlines === 0, () => `at rest ${dispatcher.armedDeadlines} deadlines are armed`)
  for (const [name, { open, waiting }] of owners) demand(open.size + waiting === 0, () => `at rest ${name} has open requests`)
  for (const { instance, inFlight } of containers) demand(inFlight.size === 0, () => `at rest ${instance} holds requests`)
  for (const { settings, waiting, waitingBytes, inFlight, oldest } of queues) {
    const nothing = waiting === 0 && waitingBytes === 0 && inFlight === 0 && oldest === undefined
    demand(nothing, () => `at rest ${settings.name}: ${waiting} waiting, ${waitingBytes} B, ${inFlight} in flight`)
  }
}

/** Everything is unregistered and disconnected: no map has an entry. */
export function demandEmpty(dispatcher: Dispatcher, queues: Iterable<InferenceQueue>): void {
  demand(dispatcher.queues.size === 0, () => 'at the end queues are left')
  demand(dispatcher.containers.size === 0, () => 'at the end containers are left')
  for (const { settings, subscriptions } of queues)
    demand(subscriptions.length === 0, () => `at the end ${settings.name} has subscriptions`)
}
