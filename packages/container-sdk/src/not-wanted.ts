import { type AIClusterError, clusterError, type InferenceResponse } from '@aicluster/protocol'

/** The answer to a request that nobody waits for any more, and that was given up. */
export const notWanted = ({ requestNo, subInferenceName }: InferenceResponse): AIClusterError =>
  clusterError('requestAborted', { detail: `${subInferenceName}: nobody waited for the result any more`, requestNo })
