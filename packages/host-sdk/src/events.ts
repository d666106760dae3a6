import { EventEmitter } from 'node:events'
import type { AIClusterError } from '@aicluster/protocol'

/** What happens without being asked for. Each comes as an error object with code and message, as `manageCallback` gets them. */
export interface ClusterEventMap {
  /** 112: a link to the cluster is gone; the SDK connects again by itself, and what is open waits, at most `reconnectTimeoutMs`. */
  disconnected: [event: AIClusterError]
  /** 113: both links stand again. */
  connected: [event: AIClusterError]
  /** 114: a running container went or said goodbye; `details` names it. */
  containerDisconnected: [event: AIClusterError]
}

export class ClusterEvents extends EventEmitter<ClusterEventMap> {}
