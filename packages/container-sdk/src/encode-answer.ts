import {
  clusterError,
  type EncodedResult,
  encodeMsgpack,
  encodeResult,
  type InferenceResponse,
  type PartHeader,
  type ResultHeader,
} from '@aicluster/protocol'

/** Binary results up to this many bytes are copied; larger ones must not be touched until the application has them. */
export const COPY_LIMIT_BYTES = 64 * 1024
/** Monotonic times become times of day by adding this. */
const TIME_ORIGIN_MS = performance.timeOrigin

/** A result as it travels. Both parts are good for as long as the answer is kept. */
export interface EncodedAnswer {
  header: Uint8Array
  body: Uint8Array | undefined
}

/**
 * Make header and body of a result record.
 * @throws InvalidArgumentError (302): the result holds what cannot travel
 */
export function encodeAnswer(result: unknown, response: InferenceResponse): EncodedAnswer {
  const { metadata, metadataSys, timeStamp } = response
  const encoded = encode('result', result, response)
  const sentAtMs = TIME_ORIGIN_MS + performance.now()
  const content: ResultHeader = { result: encoded.result, received_at: timeStamp[3] ?? 0, sent_at: sentAtMs }
  if (encoded.attachments.length > 0) content.attachments = encoded.attachments
  if (hasKeys(metadata)) content.metadata = metadata
  if (hasKeys(metadataSys) && !(metadataSys.array && Object.keys(metadataSys).length === 1)) content.metadata_sys = metadataSys
  return { header: encodeMsgpack(content), body: ownBody(encoded) }
}

/**
 * Make header and body of a part record.
 * @throws InvalidArgumentError (302): the part holds what cannot travel
 */
export function encodePart(part: unknown, response: InferenceResponse): EncodedAnswer {
  const encoded = encode('part', part, response)
  const content: PartHeader = { result: encoded.result }
  if (encoded.attachments.length > 0) content.attachments = encoded.attachments
  return { header: encodeMsgpack(content), body: ownBody(encoded) }
}

function encode(what: 'result' | 'part', value: unknown, { requestNo }: InferenceResponse): EncodedResult {
  try {
    return encodeResult(value)
  } catch (cause) {
    throw clusterError('invalidParameter', { detail: `${what}: ${(cause as Error).message}`, requestNo, cause })
  }
}

/** The program may reuse its memory, and a slice of a received batch would keep the whole batch. */
function ownBody({ body, attachments }: EncodedResult): Uint8Array | undefined {
  // Several parts were joined in memory of their own already.
  const isView = attachments.length === 1
  return body && isView && body.length <= COPY_LIMIT_BYTES ? Buffer.from(body) : body
}

const hasKeys = (value: object | undefined): boolean => {
  for (const _key in value) return true
  return false
}
