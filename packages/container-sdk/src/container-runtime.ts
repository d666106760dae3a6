import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type AIClusterError,
  asAIClusterError,
  clusterError,
  type Envelope,
  encodeError,
  encodeMsgpack,
  type InferenceResponse,
  RecordFlag,
  RecordKind,
  type RequestHeader,
  type ResultHeader,
} from '@aicluster/protocol'
import { bodyOf, deliberateDefect, nameOf, readHeader } from '@aicluster/transport'
import type { ResolvedConnectorOptions } from './connector-options'
import { drain } from './drain'
import { type EncodedAnswer, encodeAnswer, encodePart } from './encode-answer'
import { notWanted } from './not-wanted'
import { OrphanWatch } from './orphan-watch'
import { PartStream } from './part-stream'
import { Publisher, type PublishOptions } from './publisher'
import { ReceivedRequest, responseFor } from './received-request'
import { RequestIntake } from './request-intake'
import { type AnswerSink, type RequestHandler, ServeLoop } from './serve-loop'
import { AnswerSession } from './session/answer-session'
import { ContainerConnection, notReached } from './session/container-connection'
import { type AnswerKind, RetainedAnswer } from './session/retained-answer'
import type { LinkName } from './session/session-links'
import { TakenReport } from './session/taken-report'
import { StartedReport } from './started-report'

const DONE = encodeMsgpack({ result: null, received_at: 0, sent_at: 0 } satisfies ResultHeader)

/** What is behind a Connector: brings connection, session, requests in hand and the program's handler together. */
export class ContainerRuntime implements AnswerSink {
  readonly intake: RequestIntake
  private readonly connection: ContainerConnection
  private readonly session: AnswerSession
  private readonly started: StartedReport
  private readonly taken: TakenReport
  private readonly publisher: Publisher
  private readonly orphanWatch: OrphanWatch
  private loop: ServeLoop | undefined
  private opened: { resolve(): void; reject(error: AIClusterError): void } | undefined
  private closing: Promise<void> | undefined
  private closed = false
  private refused = false
  private onClosed = (): void => {}
  /** Resolves when the Connector is closed. */
  readonly whenClosed = new Promise<void>((resolve) => {
    this.onClosed = resolve
  })
  /** The container's credits. */
  maxSendNum = 1

  constructor(private readonly options: ResolvedConnectorOptions) {
    this.intake = new RequestIntake(
      (request) => this.onTaken(request),
      () => this.loop?.work(),
    )
    const { inHand } = this.intake
    this.started = new StartedReport(inHand, (requests) => this.report(requests))
    this.taken = new TakenReport(inHand, (numbers) => this.connection.links.sendNumbers(RecordKind.taken, 0, numbers))
    this.orphanWatch = new OrphanWatch(options.instance ? options.orphanTimeoutMs : 0)
    this.connection = new ContainerConnection(options, {
      held: () => this.session.held(),
      onConnected: ({ max_send_num = 1 }, sameEpoch, missed) => this.onConnected(max_send_num, sameEpoch, missed),
      onDisconnected: () => this.onDisconnected(),
      onRequest: (envelope, frame, nameAt, bodyFrames) => this.onRequest(envelope, frame, nameAt, bodyFrames),
      onCancel: (number) => this.onCancel(number),
      onWindow: (number, part, again) => this.onWindow(number, part, again),
      onReconcile: (round, header, body) => this.session.reconcile(round, header, body),
      onSettled: (body) => this.session.settled(body),
      onGap: () => this.session.gap(),
      onAck: (link, sequence) => this.onAck(link, sequence),
      onRefused: (error) => this.onRefused(error),
      onHandshakeFailed: (error) => this.opened?.reject(error),
    })
    const { links } = this.connection
    this.publisher = new Publisher(options.names, links)
    this.session = new AnswerSession(
      links,
      {
        has: (number) => inHand.has(number),
        keys: () => inHand.keys(),
        cancel: (number) => this.onCancel(number),
        taken: this.taken,
        streams: () => this.intake.streams,
        resendParts: (number) => this.intake.held(number)?.parts?.resend(0),
      },
      () => this.connection.accounted(),
    )
  }

  get isClosing(): boolean {
    return this.closing !== undefined
  }

  /** @throws SocketConnectionError (110): not reached in time, or refused */
  async connect(): Promise<void> {
    const { connectTimeoutMs, requestsEndpoint } = this.options
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.opened = { resolve, reject }
        timer = setTimeout(() => reject(notReached(requestsEndpoint, connectTimeoutMs)), connectTimeoutMs)
        this.connection.connect()
      })
    } catch (error) {
      await this.connection.close()
      throw error
    } finally {
      clearTimeout(timer)
      this.opened = undefined
    }
  }

  /** Take requests from now on. */
  ready(): void {
    if (!this.isClosing) this.session.announce(RecordKind.ready)
  }

  /** Hand requests to this handler from now on. @throws InvalidArgumentError (302): there is one already */
  handleWith(handler: RequestHandler, concurrency: number): void {
    if (this.loop) throw clusterError('invalidParameter', { detail: 'serve is already running on this Connector' })
    this.loop = new ServeLoop(this.intake, this, handler, concurrency)
    this.ready()
    this.loop.work()
  }

  /** See `Connector.publish`. */
  publish(result: unknown, metadata: Record<string, unknown> | undefined, options: PublishOptions): boolean {
    this.ready()
    return this.publisher.publish(result, metadata, options)
  }

  /** What was published and dropped here. */
  get publishedDropped(): number {
    return this.publisher.dropped
  }

  sendResponse(result: unknown, response: InferenceResponse): void {
    const request = this.held(response)
    if (!request) return
    if (request.isTakenSink) return this.end(request)
    const encoded = encodeAnswer(result, response)
    this.checkSize('result', encoded, response)
    this.answer(request, RecordKind.result, encoded.header, encoded.body)
  }

  async sendPart(part: unknown, response: InferenceResponse): Promise<void> {
    if (this.closed) throw clusterError('connectionFailed', { detail: 'the Connector was closed', requestNo: response.requestNo })
    const request = this.held(response)
    if (!request || request.isCancelled) throw notWanted(response)
    // Not at once: a handler that never ends would let nothing else happen, not even its being cancelled.
    if (!request.parts) return nextTurn()
    const encoded = encodePart(part, response)
    this.checkSize('part', encoded, response)
    await request.parts.add(encoded)
  }

  sendError(error: unknown, response: InferenceResponse): void {
    const request = this.held(response)
    if (request?.isTakenSink) this.end(request)
    else if (request) this.answer(request, RecordKind.error, encodeError(asAIClusterError(error)), undefined)
  }

  /** Drain and say goodbye; see `Connector.close`. @param isCut - asked again and again: the drain ends at once */
  close(drainMs: number, isCut: () => boolean): Promise<void> {
    this.closing ??= this.drainAndClose(drainMs, isCut)
    return this.closing
  }

  private async drainAndClose(drainMs: number, isCut: () => boolean): Promise<void> {
    const { session, intake } = this
    const endIntake = () => intake.close('the Connector was closed')
    // Who never asked for requests gets none.
    if (session.isAnnounced) session.announce(RecordKind.draining)
    await drain(
      {
        mayGetRequests: () => session.mayGetRequests,
        onLastRequest: endIntake,
        isBusy: () => this.loop?.isBusy === true || intake.hasWanted,
        allArrived: () => session.allArrived,
        allSettled: () => session.retained === 0 || !this.connection.isConnected,
      },
      drainMs,
      // Who is refused has nobody to answer.
      () => this.refused || isCut(),
    )
    this.closed = true
    this.orphanWatch.end()
    this.started.stop()
    intake.clear()
    await this.connection.close()
    session.close()
    this.onClosed()
  }

  private onConnected(maxSendNum: number, sameEpoch: boolean, missed: boolean): void {
    this.orphanWatch.end()
    this.refused = false
    this.maxSendNum = maxSendNum
    this.publisher.up()
    this.session.up(sameEpoch, missed)
    this.opened?.resolve()
  }

  private onDisconnected(): void {
    this.publisher.down()
    this.session.down()
    if (!this.closed) this.orphanWatch.begin()
  }

  private onRefused(error: AIClusterError): void {
    this.refused = true
    if (this.opened) this.opened.reject(error)
    else if (this.options.instance && !this.closing) this.orphanWatch.exit(error.message)
  }

  private onRequest(envelope: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void {
    const { request: number, attempt } = envelope
    if (this.closed || this.cameBefore(number, attempt)) return
    const name = nameOf(envelope, frame, nameAt)
    let header: Partial<RequestHeader>
    try {
      header = (readHeader(envelope, frame, nameAt) ?? {}) as Partial<RequestHeader>
    } catch (cause) {
      const error = clusterError('notJson', { detail: "the request's header is not msgpack", cause })
      return this.session.answer(new RetainedAnswer(number, attempt, RecordKind.error, name, encodeError(error), undefined))
    }
    const response = responseFor(header, String(number), name, envelope.receivedAtMs, envelope.sentAtMs)
    const isSink = (envelope.flags & RecordFlag.sink) !== 0
    const parts = (envelope.flags & RecordFlag.wantsParts) !== 0 && !isSink ? this.partsOf(number, attempt, name) : undefined
    this.intake.add(new ReceivedRequest(bodyOf(envelope, frame, nameAt, bodyFrames), response, number, attempt, isSink, parts))
  }

  private partsOf(number: number, attempt: number, name: string): PartStream {
    const { connection, session } = this
    return new PartStream((part, content) => {
      if (!connection.isConnected) return
      connection.links.sendPart(number, attempt, name, part, content)
      session.watch()
    })
  }

  /** The reader of a stream has taken so many parts, or misses those from this one on. */
  private onWindow(number: number, part: number, again: boolean): void {
    const parts = this.intake.held(number)?.parts ?? this.session.partsOf(number)
    if (again) parts?.resend(part)
    else parts?.take(part)
  }

  private onTaken(request: ReceivedRequest): void {
    this.started.arm()
    if (!request.isSink) return
    this.taken.taken(request)
    this.session.watch()
  }

  private onAck(link: LinkName, sequence: number): void {
    this.session.acknowledged(link, sequence)
    if (link === 'answers') this.publisher.acknowledged(sequence)
  }

  /** Whether this very execution of the request is in hand, or done. An earlier one that is superseded is given up. */
  private cameBefore(number: number, attempt: number): boolean {
    const inHand = this.intake.held(number)
    if (!inHand) return this.session.answeredBefore(number, attempt)
    if (attempt > inHand.attempt) this.intake.cancel(number)
    return attempt <= inHand.attempt && deliberateDefect !== 'duplicates'
  }

  private onCancel(number: number): void {
    if (this.intake.held(number)?.isBeyondRecall) return
    const untaken = this.intake.cancel(number)
    if (untaken) this.sendError(notWanted(untaken.response), untaken.response)
  }

  /** The program of a sink is done: that it had the request was the outcome, and what comes of it goes nowhere. */
  private end(request: ReceivedRequest): void {
    this.answer(request, RecordKind.result, DONE, undefined)
  }

  private answer(request: ReceivedRequest, kind: AnswerKind, header: Uint8Array, body: Uint8Array | undefined): void {
    const { parts } = request
    if (parts) parts.whenAllSent(() => this.finish(request, kind, header, body))
    else this.finish(request, kind, header, body)
  }

  private finish(request: ReceivedRequest, kind: AnswerKind, header: Uint8Array, body: Uint8Array | undefined): void {
    const { number, attempt, response, parts } = request
    this.intake.finish(request)
    this.session.answer(new RetainedAnswer(number, attempt, kind, response.subInferenceName, header, body, parts))
  }

  private checkSize(what: 'result' | 'part', { header, body }: EncodedAnswer, { requestNo }: InferenceResponse): void {
    const tooLarge = this.connection.links.refusesSize(header.length, body?.length ?? 0)
    if (tooLarge) throw clusterError('invalidParameter', { detail: `${what}: ${tooLarge}`, requestNo })
  }

  private held(response: InferenceResponse): ReceivedRequest | undefined {
    const request = this.intake.held(Number(response.requestNo))
    if (request?.parts?.isEnding) return undefined
    // The outcome of an execution that was given up for another one, which is in hand.
    return request && request.attempt > 0 && request.response !== response ? undefined : request
  }

  private report(requests: number[]): void {
    if (this.connection.isConnected) this.connection.links.signal('answers', RecordKind.started, encodeMsgpack({ requests }))
  }
}
