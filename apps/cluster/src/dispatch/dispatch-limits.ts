/** What concerns all inferences. */
export interface DispatchLimits {
  /** How long after its response timeout a container may still hold a request before it counts as hung, in ms; Infinity: for ever. */
  hangTimeoutMs: number
  /** The cluster's default response timeout, in ms: taken for what a container holds from before the manager's restart. */
  responseTimeoutMs: number
  /** Requests that one owner may have waiting, in all queues together; one more is 305. */
  maxQueuedPerSession: number
}
