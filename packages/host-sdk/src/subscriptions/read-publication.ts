import { threadId } from 'node:worker_threads'
import { decodeMsgpack, decodeResult, type Envelope, InferenceResponse, type ResultHeader } from '@aicluster/protocol'
import { bodyOf, headerOf, nameOf } from '@aicluster/transport'

/** One thing that a source has published, and what is known about it. */
export interface PublishedResult {
  /** What the container published; binary parts view the received bytes. */
  result: unknown
  /** `requestNo` is empty, for nobody asked; of the times those of the container's sending and after it are set. */
  response: InferenceResponse
}

/** @throws Error when it makes no sense */
export function readPublication(e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): PublishedResult {
  const content = decodeMsgpack(headerOf(e, frame, nameAt)) as Partial<ResultHeader> | null
  if (typeof content !== 'object' || content === null) throw new TypeError('its header is no map')
  const response = new InferenceResponse()
  response.pid = process.pid
  response.tid = threadId
  response.inferenceName = response.subInferenceName = nameOf(e, frame, nameAt)
  response.metadata = content.metadata ?? {}
  response.metadataSys = content.metadata_sys ?? {}
  response.timeStamp = [0, 0, 0, 0, content.sent_at ?? 0, e.receivedAtMs, performance.timeOrigin + performance.now()]
  return { result: decodeResult(content.result, content.attachments, bodyOf(e, frame, nameAt, bodyFrames)), response }
}
