import { threadId } from 'node:worker_threads'
import {
  clusterError,
  decodeError,
  decodeResult,
  type Envelope,
  InferenceResponse,
  type NdArray,
  ndArrayFrom,
  type PartHeader,
  RecordKind,
  type ResultHeader,
} from '@aicluster/protocol'
import { bodyOf, headerOf, nameOf, readHeader } from '@aicluster/transport'
import type { OpenRequest } from './open-request'

/** Both are getters, and asked for with each request. */
const TIME_ORIGIN_MS = performance.timeOrigin
const PID = process.pid

/** Give a request its outcome: a `result` or `error` record. What cannot be read is 999. */
export function settleRequest(
  request: OpenRequest,
  e: Envelope,
  frame: Uint8Array,
  nameAt: number,
  bodyFrames: Uint8Array[] | undefined,
  receiver = request.receiver,
): void {
  const requestNo = String(e.request)
  if (e.kind === RecordKind.error) return receiver.onError(decodeError(headerOf(e, frame, nameAt), { requestNo }))
  let result: unknown
  let response: InferenceResponse
  try {
    const content = readHeader(e, frame, nameAt) as ResultHeader
    if (typeof content !== 'object' || content === null || !('result' in content)) throw new TypeError('its header has no result')
    const body = bodyOf(e, frame, nameAt, bodyFrames)
    response = responseOf(request, requestNo, content, e, nameOf(e, frame, nameAt))
    result = content.echo ? echoed(request, body) : decodeResult(content.result, content.attachments, body)
  } catch (cause) {
    const detail = `the container's result cannot be read: ${(cause as Error).message}`
    return receiver.onError(clusterError('internal', { detail, requestNo, cause }))
  }
  receiver.onResult(result, response)
}

/**
 * What a `part` record holds.
 * @throws TypeError: it cannot be read
 */
export function decodePart(e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): unknown {
  const content = readHeader(e, frame, nameAt) as PartHeader
  if (typeof content !== 'object' || content === null || !('result' in content)) throw new TypeError('its header has no result')
  return decodeResult(content.result, content.attachments, bodyOf(e, frame, nameAt, bodyFrames))
}

const echoed = ({ layout }: OpenRequest, body: Uint8Array): Uint8Array | NdArray => (layout ? ndArrayFrom(layout, body) : body)

function responseOf(request: OpenRequest, requestNo: string, content: ResultHeader, e: Envelope, subName: string): InferenceResponse {
  const nowMs = TIME_ORIGIN_MS + performance.now()
  const response = new InferenceResponse()
  response.pid = PID
  response.tid = threadId
  response.requestNo = requestNo
  response.inferenceName = request.inferenceName
  response.subInferenceName = subName || request.inferenceName
  response.metadata = content.metadata ?? request.param
  response.metadataSys = content.metadata_sys ?? (request.layout ? { array: request.layout } : {})
  const { received_at: containerReceived = 0, sent_at: containerSent = 0 } = content
  response.timeStamp = [request.sentAtMs, e.receivedAtMs, e.sentAtMs, containerReceived, containerSent, e.answeredAtMs, nowMs]
  response.elapsedTime = [
    e.sentAtMs - e.receivedAtMs,
    e.answeredAtMs - e.sentAtMs,
    containerSent - containerReceived,
    nowMs - request.sentAtMs,
  ]
  return response
}
