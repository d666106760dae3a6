import type { DispatchLimits } from '../dispatch/dispatch-limits'
import type { ClusterConfig } from './cluster-config'

/** What the configuration says to the dispatcher; `never` becomes Infinity. */
export const dispatchLimits = ({ defaults, hang_timeout, limits }: ClusterConfig): DispatchLimits => ({
  hangTimeoutMs: hang_timeout === 'never' ? Number.POSITIVE_INFINITY : hang_timeout,
  responseTimeoutMs: defaults.wait_queue_timeout,
  maxQueuedPerSession: limits.max_queued_per_session,
})
