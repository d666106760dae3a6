import type { ContainerSlot } from './container-slot'
import type { DispatchRequest } from './dispatch-request'
import type { InferenceQueue } from './inference-queue'
import { heldSinceMs } from './request-deadlines'

/** What an error says behind the message of its code: which inference, which container, which limit, which values. */

/** 305: the queue has no room for the request. */
export const describeFull = ({ settings, waiting, waitingBytes }: InferenceQueue, request: DispatchRequest): string =>
  waiting >= settings.limit
    ? `${settings.name}: ${waiting} requests wait, its queue_limit is ${settings.limit}`
    : `${settings.name}: ${waitingBytes} bytes wait and this request has ${request.bytes}, its queue_bytes is ${settings.limitBytes}`

/** 305: the application has too many waiting, in whichever queues. */
export const describeSessionFull = ({ queue, owner }: DispatchRequest, limit: number): string =>
  `${queue.settings.name}: ${owner.waiting} requests of this application wait, limits.max_queued_per_session is ${limit}`

/** 400: its inference went while it waited. */
export const describeUnloaded = ({ queue }: DispatchRequest): string => `${queue.settings.name} was unloaded while the request waited`

/** 302: an application has used a number twice. */
export const describeNumberInUse = ({ queue, number }: DispatchRequest, container: ContainerSlot): string =>
  `${queue.settings.name}: container ${container.suffixName} on ${container.board} holds another request of the number ${number}`

/** 306: nobody had a credit for it in time. */
export function describeSendTimeout(request: DispatchRequest): string {
  const { queue, deadlineMs, arrivedAtMs, sentAtMs } = request
  const waitedMs = Math.round(deadlineMs - arrivedAtMs)
  const paused = pausedAt(queue)
  let notReady = 0
  for (const subscription of queue.subscriptions) if (!subscription.container.accepting) notReady++
  return (
    `${queue.settings.name}: ${
      sentAtMs > 0
        ? `after it came back from a container no credit became free in time (send_timeout), ${waitedMs} ms after it arrived`
        : `no credit became free within ${waitedMs} ms (send_timeout)`
    }; ` +
    `containers connected: ${queue.subscriptions.length}, paused: ${paused}, not ready: ${notReady}, other requests waiting: ${queue.waiting}`
  )
}

/** Containers that get nothing of the queue while distribution to them is stopped. */
function pausedAt(queue: InferenceQueue): number {
  let paused = 0
  for (const subscription of queue.subscriptions) if (subscription.paused) paused++
  return paused
}

/** 401: the container had it for too long. */
export function describeResponseTimeout(request: DispatchRequest, { suffixName, board }: ContainerSlot): string {
  const { queue, deadlineMs, stream } = request
  const what = stream && stream.next > 0 ? `did not go on after part ${stream.next - 1}` : 'did not answer'
  const limitMs = Math.round(deadlineMs - heldSinceMs(request))
  return `${queue.settings.name}: container ${suffixName} on ${board} ${what} within ${limitMs} ms (wait_queue_timeout)`
}

/** 313: the caller's own limit passed, in the queue or in the container's hands. */
export function describeOwnTimeout({ queue, ownLimitMs }: DispatchRequest, container?: ContainerSlot): string {
  const passed = `${queue.settings.name}: the caller's timeout of ${ownLimitMs} ms passed`
  if (container) return `${passed} while container ${container.suffixName} on ${container.board} held the request`
  const paused = pausedAt(queue)
  const why = paused > 0 ? `; containers connected: ${queue.subscriptions.length}, paused: ${paused}` : ''
  return `${passed} while the request waited for a credit${why}`
}

/** 402: the container went. */
export const describeDisconnect = ({ queue, attempt }: DispatchRequest, container: ContainerSlot, reason: string): string =>
  `${queue.settings.name}: container ${container.suffixName} on ${container.board} ${reason} while it held the request` +
  (attempt > 0 ? ', for the second time' : '')
