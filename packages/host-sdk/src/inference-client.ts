import {
  type AIClusterError,
  bytesOf,
  clusterError,
  createEnvelope,
  type Envelope,
  type ErrorKey,
  type NdArray,
  RecordFlag,
  RecordKind,
} from '@aicluster/protocol'
import { encodeName, NumberTable } from '@aicluster/transport'
import { aborted, type InferOptions } from './call-options'
import type { ClusterConnection } from './connection/cluster-connection'
import type { LinkTraffic } from './connection/host-link'
import { Deadlines } from './requests/deadlines'
import { OpenRequest, type OutcomeReceiver } from './requests/open-request'
import { encodeRequestHeader } from './requests/request-header'
import { type SendLimits, SendRoom } from './requests/send-room'
import { settleRequest } from './requests/settle-request'
import { WaitingLine } from './requests/waiting-line'
import { OpenStreams } from './streams/open-streams'
import type { Subscriptions } from './subscriptions/subscriptions'

/** Data up to this many bytes is copied before it leaves, so that a caller may reuse its buffer at once. */
const COPY_UP_TO_BYTES = 64 * 1024
/** The cluster says itself that a request's own time is over; without a word from it after so many ms more, the SDK does. */
const TIMEOUT_GRACE_MS = 100
/** Monotonic times become times of day by adding this. */
const TIME_ORIGIN_MS = performance.timeOrigin

/** Requests without an outcome: those that have been sent, those that wait for room, and their way to an outcome. */
export class InferenceClient implements LinkTraffic {
  /** Gets what sources publish. */
  subscriptions: Subscriptions | undefined
  /** Called whenever a request has got its outcome. */
  onSettled: (() => void) | undefined
  private readonly table = new NumberTable<OpenRequest>()
  private readonly line = new WaitingLine<OpenRequest>()
  private readonly room: SendRoom
  private readonly deadlines = new Deadlines<OpenRequest>((request) => this.onDue(request))
  private readonly out = createEnvelope()
  private readonly streams: OpenStreams

  constructor(
    private readonly connection: ClusterConnection,
    limits: SendLimits,
  ) {
    this.room = new SendRoom(
      limits,
      () => this.line.size,
      () => connection.isConnected,
    )
    connection.inference.traffic = this
    this.streams = new OpenStreams(connection, {
      release: (request) => this.release(request),
      giveUp: (request, error) => {
        this.cancel(request)
        this.fail(request, error)
      },
    })
  }

  get openCount(): number {
    return this.table.size
  }

  /** Requests that wait for room. */
  get waitingCount(): number {
    return this.line.size
  }

  open(): number[] {
    return this.table.keys()
  }

  /** Resolves when a request with so many bytes of data would neither wait nor be refused. */
  whenFree(dataBytes: number, givenUp?: AbortSignal): Promise<void> {
    return this.room.whenFree(dataBytes, givenUp)
  }

  /**
   * Send a request as soon as there is room.
   * @param mayWait - otherwise it goes at once or is refused
   * @returns the request; while it waits it has no number
   * @throws InvalidArgumentError (302) larger than the cluster takes; SendQueueFullError (305) no room, and it must not wait
   */
  send(
    inferenceName: string,
    data: Uint8Array | NdArray,
    param: Record<string, unknown>,
    options: InferOptions,
    receiver: OutcomeReceiver,
    mayWait: boolean,
  ): OpenRequest {
    const isBytes = data instanceof Uint8Array
    const body = isBytes ? data : bytesOf(data.data)
    const layout = isBytes ? undefined : { dtype: data.dtype, shape: data.shape }
    const nowMs = performance.now()
    const sentAtMs = TIME_ORIGIN_MS + nowMs
    const header = encodeRequestHeader(param, layout, sentAtMs)
    const bytes = header.length + body.length
    this.checkSize(header.length, body.length)
    const fits = this.line.size === 0 && this.room.fits(bytes)
    if (!fits && !mayWait) throw this.room.full(bytes)
    const kept = mayShare(body, options) ? body : Buffer.from(body)
    const request = new OpenRequest(inferenceName, param, layout, header, kept, sentAtMs, receiver)
    if (receiver.reader) this.streams.begin(request, receiver.reader)
    const { timeout, signal } = options
    if (timeout !== undefined) {
      request.timeoutMs = timeout
      request.expiresAtMs = nowMs + timeout
    }
    if (fits) this.begin(request)
    else this.line.add(request)
    if (timeout !== undefined) this.deadlines.add(request, request.expiresAtMs)
    if (signal) this.listen(request, signal)
    return request
  }

  resend(number: number): void {
    const request = this.table.get(number)
    if (request) this.transmit(request)
  }

  /** Whoever waits for room gets what there is. */
  admit(): void {
    for (let request = this.line.first; request && this.mayGo(request); request = this.line.first) {
      this.line.remove(request)
      try {
        this.begin(request)
      } catch (error) {
        this.fail(request, error as AIClusterError)
      }
    }
    this.room.look()
  }

  /** A `result` or `error` record. One for a request that has its outcome already says nothing any more. */
  onRecord(e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void {
    if (e.kind === RecordKind.publish) return this.subscriptions?.onPublished(e, frame, nameAt, bodyFrames)
    const request = this.table.get(e.request)
    if (e.kind === RecordKind.part) this.streams.onPart(request, e, frame, nameAt, bodyFrames)
    if (e.kind !== RecordKind.result && e.kind !== RecordKind.error) return
    if (!request) return
    if (request.stream) {
      this.streams.onOutcome(request, request.stream, e, frame, nameAt, bodyFrames)
    } else {
      this.release(request)
      settleRequest(request, e, frame, nameAt, bodyFrames)
    }
    this.onSettled?.()
  }

  onReconciled(): void {
    this.streams.onReconciled()
  }

  onBeat(): void {
    this.streams.onBeat()
  }

  endAll(key: ErrorKey, detail: string, whole: boolean): void {
    // The line first: it must not move up as the open ones end.
    if (whole) for (let request = this.line.first; request; request = this.line.first) this.end(request, key, detail)
    for (const request of this.table.values()) this.end(request, key, detail)
    if (!whole) return
    this.room.close(clusterError(key, { detail }))
    this.subscriptions?.endAll(key, detail)
  }

  private mayGo({ bytes }: OpenRequest): boolean {
    return this.connection.inference.welcomed && this.room.fits(bytes)
  }

  /** It gets its number, and leaves unless a reconciliation has to come first. */
  private begin(request: OpenRequest): void {
    const { connection } = this
    request.number = connection.numbers.take()
    this.room.take(request.bytes)
    this.table.set(request.number, request)
    if (connection.inference.asking.isLive) this.transmit(request)
    connection.keepBeating()
  }

  private transmit(request: OpenRequest): void {
    const { connection, out } = this
    const { header, body, expiresAtMs } = request
    const remainingMs = expiresAtMs === 0 ? 0 : Math.ceil(expiresAtMs - performance.now())
    // Its deadline ends it in a moment. Not from here: what an ending causes would overtake what is still to be sent again.
    if (expiresAtMs > 0 && remainingMs <= 0) return
    const name = encodeName(request.inferenceName)
    out.kind = RecordKind.request
    out.flags = request.stream ? RecordFlag.wantsParts : 0
    out.epoch = connection.session.epoch
    out.session = connection.session.number
    out.request = request.number
    out.deadlineMs = remainingMs
    out.nameLength = name.length
    out.headerLength = header.length
    out.bodyLength = body.length
    connection.inference.dealer.sendBody(out, name, header, body)
  }

  /** It is not open any more, nor in line; whoever waits for room gets its. */
  private release(request: OpenRequest): void {
    if (request.heapPlace >= 0) this.deadlines.remove(request)
    request.unlisten?.()
    if (request.stream) this.streams.forget(request)
    if (this.line.remove(request)) return
    if (this.table.get(request.number) !== request) return
    this.table.delete(request.number)
    this.room.give(request.bytes)
    if (this.line.size > 0) this.admit()
  }

  private fail(request: OpenRequest, error: AIClusterError): void {
    this.release(request)
    request.receiver.onError(error)
    this.onSettled?.()
  }

  private end(request: OpenRequest, key: ErrorKey, detail: string): void {
    this.fail(request, clusterError(key, { detail, requestNo: request.requestNo }))
  }

  /** Its outcome is not wanted any more. Whoever is not connected says so by not asking for it again. */
  private cancel({ number }: OpenRequest): void {
    const { inference } = this.connection
    if (number > 0 && inference.welcomed) inference.signal(RecordKind.cancel, undefined, number)
  }

  private onDue(request: OpenRequest): void {
    if (request.number > 0 && !request.overdue && this.connection.inference.asking.isLive) {
      request.overdue = true
      this.deadlines.add(request, request.expiresAtMs + TIMEOUT_GRACE_MS)
    } else this.timeOut(request)
  }

  private timeOut(request: OpenRequest): void {
    const { inferenceName, timeoutMs, number } = request
    this.cancel(request)
    const where = number === 0 ? 'waited for room' : this.connection.isConnected ? 'was open' : 'waited for the connection to come back'
    const detail = `${inferenceName}: the caller's timeout of ${timeoutMs} ms passed while the request ${where}`
    this.end(request, 'requestTimeout', detail)
  }

  private listen(request: OpenRequest, signal: AbortSignal): void {
    const onAbort = () => {
      this.cancel(request)
      this.fail(request, aborted(signal, request.requestNo))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    request.unlisten = () => signal.removeEventListener('abort', onAbort)
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

const mayShare = (body: Uint8Array, { copy }: InferOptions): boolean => body.length > COPY_UP_TO_BYTES && !copy
