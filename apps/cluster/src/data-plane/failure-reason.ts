import type { ErrorKey } from '@aicluster/protocol'
import type { FailureReason } from '../dispatch/inference-figures'

const REASONS: { readonly [Key in ErrorKey]?: FailureReason } = {
  sendQueueFull: 'rejected',
  inferenceTakesNoInput: 'rejected',
  invalidParameter: 'rejected',
  sendQueueTimeout: 'timeout',
  responseTimeout: 'timeout',
  requestTimeout: 'timeout',
  queueDeleted: 'canceled',
  containerDisconnect: 'container',
}

/** Under which reason an error that the manager itself has made of a request is counted. */
export const failureReason = (key: ErrorKey): FailureReason => REASONS[key] ?? 'other'
