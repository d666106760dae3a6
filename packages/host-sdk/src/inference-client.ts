import { threadId } from 'node:worker_threads'
import {
  type AIClusterError,
  asAIClusterError,
  bytesOf,
  clusterError,
  createEnvelope,
  decodeError,
  decodeMsgpack,
  decodeResult,
  type Envelope,
  encodeMsgpack,
  InferenceResponse,
  MAX_UNACKED_BYTES,
  type NdArray,
  ndArrayFrom,
  RecordKind,
  type RequestHeader,
  type ResultHeader,
  type SystemMetadata,
} from '@aicluster/protocol'
import { bodyOf, encodeName, headerOf, NumberTable, nameOf, ridesInline } from '@aicluster/transport'
import { aborted, type InferOptions } from './call-options'
import { type ClusterConnection, notConnected } from './connection/cluster-connection'

/** Data up to this many bytes is copied before it leaves, so that a caller may reuse its buffer at once. */
const COPY_UP_TO_BYTES = 64 * 1024

/** What a request's outcome is given to. */
export interface OutcomeReceiver {
  onResult(result: unknown, response: InferenceResponse): void
  onError(error: AIClusterError): void
}

/** One request without an outcome. */
interface Pending {
  inferenceName: string
  param: Record<string, unknown>
  layout: SystemMetadata['array']
  sentAtMs: number
  receiver: OutcomeReceiver
  unlisten: (() => void) | undefined
}

/** Requests that have been sent, and their way to an outcome. */
export class InferenceClient {
  private readonly pending = new NumberTable<Pending>()
  private readonly out = createEnvelope()

  constructor(private readonly connection: ClusterConnection) {}

  /** Requests without an outcome. */
  get openCount(): number {
    return this.pending.size
  }

  /**
   * Send a request.
   * @returns its number
   * @throws ConnectionFailedError (111) without a connection; InvalidArgumentError (302) larger than the cluster takes
   */
  send(
    inferenceName: string,
    data: Uint8Array | NdArray,
    param: Record<string, unknown>,
    options: InferOptions,
    receiver: OutcomeReceiver,
  ): number {
    const { connection, out } = this
    if (!connection.isConnected) throw notConnected('there is no connection to the cluster')
    const isBytes = data instanceof Uint8Array
    const body = isBytes ? data : bytesOf(data.data)
    const layout = isBytes ? undefined : { dtype: data.dtype, shape: data.shape }
    const sentAtMs = performance.timeOrigin + performance.now()
    const header = encodeHeader(param, layout, sentAtMs)
    this.checkSize(header.length, body.length)
    this.checkRoom(body.length)
    const name = encodeName(inferenceName)
    const number = connection.numbers.take()
    const pending: Pending = { inferenceName, param, layout, sentAtMs, receiver, unlisten: undefined }
    this.pending.set(number, pending)
    out.kind = RecordKind.request
    out.flags = 0
    out.epoch = connection.epoch
    out.session = connection.session
    out.request = number
    out.deadlineMs = options.timeout === undefined ? 0 : Math.ceil(options.timeout)
    out.nameLength = name.length
    out.headerLength = header.length
    out.bodyLength = body.length
    if (ridesInline(body.length)) connection.inferenceLink.send(out, name, header, body)
    else connection.inferenceLink.send(out, name, header, undefined, [mayShare(body, options) ? body : Buffer.from(body)])
    if (options.signal) this.listen(number, pending, options.signal)
    return number
  }

  /** A `result` or `error` record. */
  onRecord(e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void {
    const pending = this.take(e.request)
    if (!pending) return
    const header = headerOf(e, frame, nameAt)
    const requestNo = String(e.request)
    if (e.kind === RecordKind.error) return pending.receiver.onError(decodeError(header, { requestNo }))
    let result: unknown
    let response: InferenceResponse
    try {
      const content = decodeMsgpack(header) as ResultHeader
      if (typeof content !== 'object' || content === null || !('result' in content)) throw new TypeError('its header has no result')
      const body = bodyOf(e, frame, nameAt, bodyFrames)
      response = responseOf(pending, requestNo, content, e, nameOf(e, frame, nameAt))
      result = content.echo ? echoed(pending, body) : decodeResult(content.result, content.attachments, body)
    } catch (cause) {
      const detail = `the container's result cannot be read: ${(cause as Error).message}`
      return pending.receiver.onError(clusterError('internal', { detail, requestNo, cause }))
    }
    pending.receiver.onResult(result, response)
  }

  /** End everything that is open. */
  failAll(error: AIClusterError): void {
    for (const number of this.pending.keys()) {
      const pending = this.take(number)
      if (!pending) continue
      const { receiver } = pending
      receiver.onError(
        clusterError('connectionFailed', {
          detail: error.message.replace(/^socket connection disconnected: /, ''),
          requestNo: String(number),
          cause: error,
        }),
      )
    }
  }

  private take(number: number): Pending | undefined {
    const pending = this.pending.get(number)
    if (!pending) return undefined
    this.pending.delete(number)
    pending.unlisten?.()
    return pending
  }

  private listen(number: number, pending: Pending, signal: AbortSignal): void {
    const onAbort = () => {
      if (!this.take(number)) return
      this.connection.signal('inference', RecordKind.cancel, undefined, number)
      pending.receiver.onError(aborted(signal, String(number)))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    pending.unlisten = () => signal.removeEventListener('abort', onAbort)
  }

  /** What the cluster has not read yet is bounded: memory must not grow because it is slower than its application. */
  private checkRoom(bodyLength: number): void {
    const { unackedBytes } = this.connection.inferenceLink
    if (unackedBytes + bodyLength <= MAX_UNACKED_BYTES || unackedBytes === 0) return
    throw clusterError('sendQueueFull', {
      detail: `${unackedBytes} bytes are on their way to the cluster already, at most ${MAX_UNACKED_BYTES} may be`,
      details: { unackedBytes, limit: MAX_UNACKED_BYTES },
    })
  }

  private checkSize(headerLength: number, bodyLength: number): void {
    const { maxBodyBytes, maxHeaderBytes } = this.connection.limits
    if (bodyLength > maxBodyBytes) {
      throw clusterError('invalidParameter', {
        detail: `data has ${bodyLength} bytes, the cluster takes ${maxBodyBytes} (limits.max_body_bytes)`,
      })
    }
    if (headerLength > maxHeaderBytes) {
      throw clusterError('invalidParameter', {
        detail: `param has about ${headerLength} bytes, the cluster takes ${maxHeaderBytes} (limits.max_header_bytes)`,
      })
    }
  }
}

function encodeHeader(param: Record<string, unknown>, layout: SystemMetadata['array'], sentAtMs: number): Uint8Array {
  const header: RequestHeader = {
    pid: process.pid,
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

const mayShare = (body: Uint8Array, { copy }: InferOptions): boolean => body.length > COPY_UP_TO_BYTES && !copy

const echoed = ({ layout }: Pending, body: Uint8Array): Uint8Array | NdArray => (layout ? ndArrayFrom(layout, body) : body)

function responseOf(pending: Pending, requestNo: string, content: ResultHeader, e: Envelope, subName: string): InferenceResponse {
  const nowMs = performance.timeOrigin + performance.now()
  const response = new InferenceResponse()
  response.pid = process.pid
  response.tid = threadId
  response.requestNo = requestNo
  response.inferenceName = pending.inferenceName
  response.subInferenceName = subName || pending.inferenceName
  response.metadata = content.metadata ?? pending.param
  response.metadataSys = content.metadata_sys ?? (pending.layout ? { array: pending.layout } : {})
  const { received_at: containerReceived = 0, sent_at: containerSent = 0 } = content
  response.timeStamp = [pending.sentAtMs, e.receivedAtMs, e.sentAtMs, containerReceived, containerSent, e.answeredAtMs, nowMs]
  response.elapsedTime = [
    e.sentAtMs - e.receivedAtMs,
    e.answeredAtMs - e.sentAtMs,
    containerSent - containerReceived,
    nowMs - pending.sentAtMs,
  ]
  return response
}
