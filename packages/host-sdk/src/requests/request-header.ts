import { threadId } from 'node:worker_threads'
import { asAIClusterError, clusterError, encodeMsgpack, type RequestHeader, type SystemMetadata } from '@aicluster/protocol'

/** A getter, and asked for with each request. */
const PID = process.pid

/**
 * The header of a request, as it travels.
 * @throws InvalidArgumentError (302): something in `param` cannot travel, naming its place
 */
export function encodeRequestHeader(param: Record<string, unknown>, layout: SystemMetadata['array'], sentAtMs: number): Uint8Array {
  const header: RequestHeader = {
    pid: PID,
    tid: threadId,
    metadata: param,
    metadata_sys: layout ? { array: layout } : {},
    sent_at: sentAtMs,
  }
  try {
    return encodeMsgpack(header)
  } catch (cause) {
    throw clusterError('invalidParameter', {
      detail: `param cannot travel: ${(cause as Error).message}`,
      details: { argument: 'param' },
      cause: asAIClusterError(cause),
    })
  }
}
