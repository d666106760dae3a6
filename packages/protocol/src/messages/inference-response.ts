import type { SystemMetadata } from './request-header'

/** What stands at which place of {@link InferenceResponse.timeStamp}. */
export const INFERENCE_RESPONSE_TIMES = [
  'applicationSent',
  'clusterReceived',
  'clusterSent',
  'containerReceived',
  'containerSent',
  'clusterReceivedResponse',
  'applicationReceived',
] as const

/**
 * What is known about a request beside its data, and about its result beside the result.
 *
 * @see SDK API reference, chapter 7, table 2
 */
export class InferenceResponse {
  /** Process of the application that sent the request. */
  pid = 0
  /** Thread of that process: `worker_threads.threadId`. */
  tid = 0
  /** Unique in the cluster, rising within a session; decimal. */
  requestNo = ''
  /** The inference that the application addressed. */
  inferenceName = ''
  /** The application's `param`; what a container puts here comes back with the result. */
  metadata: Record<string, unknown> = {}
  /** The system's own: trace context; `array` with dtype and shape when the data is one array. */
  metadataSys: SystemMetadata = {}
  /** The subscription that answered. */
  subInferenceName = ''
  /**
   * When the request passed each stage, ms since 1970, each by its own host's clock; 0 where it has not been (yet).
   * In the order of {@link INFERENCE_RESPONSE_TIMES}.
   */
  timeStamp: number[] = [0, 0, 0, 0, 0, 0, 0]
  /**
   * Durations in ms, each measured on one clock: wait in the queue, from the cluster to the container and back,
   * the container's own time, all as the application saw it. 0 where not known (yet).
   */
  elapsedTime: number[] = [0, 0, 0, 0]
}
