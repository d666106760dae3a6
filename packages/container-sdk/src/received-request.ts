import { threadId } from 'node:worker_threads'
import { type ArrayLayout, InferenceResponse, isDType, type NdArray, ndArrayFrom, type RequestHeader } from '@aicluster/protocol'

import { notWanted } from './not-wanted'
import type { PartStream } from './part-stream'

/** Monotonic times become times of day by adding this. */
const TIME_ORIGIN_MS = performance.timeOrigin

/** A request as `receiveRequest` delivers it. */
export interface ByteRequest {
  /** The data as it came. Views a received message: copy it before you change it or keep it for long. */
  data: Uint8Array
  /** The application's `param`. */
  metadata: Record<string, unknown>
  /** Whether the application reads the answer in parts (`inferStream`); otherwise `sendPart` sends nothing. */
  wantsParts: boolean
  /** Hand it back to `sendResponse`. */
  response: InferenceResponse
}

/** A request as `receiveRequestImage` delivers it. */
export interface ImageRequest {
  /** The array that the application sent; plain bytes arrive as a 1-d uint8 array. */
  image: NdArray
  /** The application's `param`. */
  metadata: Record<string, unknown>
  /** Whether the application reads the answer in parts (`inferStream`); otherwise `sendPart` sends nothing. */
  wantsParts: boolean
  /** Hand it back to `sendResponse`. */
  response: InferenceResponse
}

/** A request that a container holds: everything it may be asked for. */
export class ReceivedRequest implements ByteRequest, ImageRequest {
  /** @internal when the program got it, by the monotonic clock; 0 while it waits in the Connector */
  takenAtMs = 0
  /** @internal */
  reportedStarted = false
  /** @internal the manager knows that the program, a sink, has it: nobody can take it back */
  isBeyondRecall = false
  private abort: AbortController | undefined
  private aborted = false

  constructor(
    /** The data as it came. Views a received message: copy it before you change it or keep it for long. */
    readonly data: Uint8Array,
    /** Hand it back to `sendResponse`. */
    readonly response: InferenceResponse,
    /** @internal */
    readonly number: number,
    /** @internal how often it was handed out before; 0 the first time */
    readonly attempt = 0,
    /** @internal the inference is a sink: the outcome is that the program has it */
    readonly isSink = false,
    /** @internal the parts of its answer, if the application reads them */
    readonly parts: PartStream | undefined = undefined,
  ) {}

  /** @internal */
  get isTakenSink(): boolean {
    return this.isSink && this.takenAtMs > 0
  }

  get wantsParts(): boolean {
    return this.parts !== undefined
  }

  /** @internal nobody waits for the outcome any more */
  get isCancelled(): boolean {
    return this.aborted
  }

  /** The application's `param`. */
  get metadata(): Record<string, unknown> {
    return this.response.metadata
  }

  /** The data as an array: dtype and shape as sent, or 1-d uint8 for plain bytes. */
  get image(): NdArray {
    const layout = this.response.metadataSys.array
    return layout && isDType(layout.dtype)
      ? ndArrayFrom(layout as ArrayLayout, this.data)
      : { dtype: 'uint8', shape: [this.data.length], data: this.data }
  }

  /**
   * Aborts when nobody waits for the outcome any more. What is sent all the same is dropped; send something, or throw: until then
   * the request counts among those that the container may hold. A lost connection is no reason: the manager decides when it is back.
   * In a sink it aborts only in the moment before the cluster knows that the program has the request.
   */
  get signal(): AbortSignal {
    this.abort ??= new AbortController()
    if (this.aborted) this.abort.abort()
    return this.abort.signal
  }

  /** @internal */
  cancel(): void {
    this.aborted = true
    this.parts?.end(notWanted(this.response))
    this.abort?.abort()
  }
}

/** What a request's header and envelope say, as the seed's response object. */
export function responseFor(
  header: Partial<RequestHeader>,
  requestNo: string,
  name: string,
  receivedAtMs: number,
  sentAtMs: number,
): InferenceResponse {
  const response = new InferenceResponse()
  response.pid = header.pid ?? process.pid
  response.tid = header.tid ?? threadId
  response.requestNo = requestNo
  response.inferenceName = name
  response.subInferenceName = name
  response.metadata = header.metadata ?? {}
  response.metadataSys = header.metadata_sys ?? {}
  response.timeStamp[0] = header.sent_at ?? 0
  response.timeStamp[1] = receivedAtMs
  response.timeStamp[2] = sentAtMs
  response.timeStamp[3] = TIME_ORIGIN_MS + performance.now()
  response.elapsedTime[0] = Math.max(0, sentAtMs - receivedAtMs)
  return response
}
