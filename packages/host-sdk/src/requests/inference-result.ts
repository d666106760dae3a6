import type { InferenceResponse } from '@aicluster/protocol'

/** What an inference's container sent, and everything known about it. */
export interface InferenceResult {
  /** What the container sent; binary parts view the received bytes. */
  result: unknown
  /** What is known about the request: times, metadata, who answered. */
  response: InferenceResponse
}
