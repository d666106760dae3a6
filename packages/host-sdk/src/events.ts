import { EventEmitter } from 'node:events'
import type { AIClusterError } from '@aicluster/protocol'
import type { ProgressEvent } from './progress-event'

/** What happens without being asked for. 112 to 114 come as an error object with code and message, as `manageCallback` gets them. */
export interface ClusterEventMap {
  /** 112: a link to the cluster is gone; the SDK connects again by itself, and what is open waits, at most `reconnectTimeoutMs`. */
  disconnected: [event: AIClusterError]
  /** 113: both links stand again. */
  connected: [event: AIClusterError]
  /** 114: a running container went or said goodbye; `details` names it. */
  containerDisconnected: [event: AIClusterError]
  /** How far a long command of this application is, also one of an `…Async` method. */
  progress: [event: ProgressEvent]
}

export class ClusterEvents extends EventEmitter<ClusterEventMap> {}
