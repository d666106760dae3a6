import type { ContainerSlot } from './container-slot'
import type { InferenceQueue } from './inference-queue'

/** One container's service of one inference: known to both, so that either finds the other without a search. */
export interface Subscription {
  readonly queue: InferenceQueue
  readonly container: ContainerSlot
  /** Distribution is off: nothing is handed out. */
  paused: boolean
}

export function subscribe(container: ContainerSlot, queue: InferenceQueue): void {
  const paused = container.serves.get(queue.settings.name)?.paused ?? false
  const subscription: Subscription = { queue, container, paused }
  queue.subscriptions.push(subscription)
  container.subscriptions.push(subscription)
}

/** The container is gone: no queue knows it any more. */
export function unsubscribeContainer(container: ContainerSlot): void {
  for (const subscription of container.subscriptions) remove(subscription.queue.subscriptions, subscription)
  container.subscriptions.length = 0
}

/** The inference is gone: no container knows it any more. */
export function unsubscribeQueue(queue: InferenceQueue): void {
  for (const subscription of queue.subscriptions) remove(subscription.container.subscriptions, subscription)
  queue.subscriptions.length = 0
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item)
  if (index >= 0) list.splice(index, 1)
}
