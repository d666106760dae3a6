import { type AIClusterError, clusterError, createEnvelope, type Envelope, RecordFlag, RecordKind } from '@aicluster/protocol'
import type { ClusterConnection } from '../connection/cluster-connection'
import type { OpenRequest, OutcomeReceiver } from '../requests/open-request'
import { decodePart, settleRequest } from '../requests/settle-request'
import { loopLeft, type PartReader } from './part-reader'

/** The cluster is told of parts that were taken once there are so many of them, or bytes; at once when the reader waits for more. */
const REPORT_AFTER_PARTS = 4
const REPORT_AFTER_BYTES = 256 * 1024
/** What is missing is asked for after 1, 2, 4 beats, and from then on each time so many have passed. */
const BEATS_BETWEEN_QUESTIONS = 8
/** After its outcome the rest of a stream is asked for during so many beats without any progress: 60 s. */
const BEATS_FOR_THE_REST = 120

/** What has come of one request's parts, and what the cluster knows of it. */
export class OpenStream {
  /** Parts that have come, in order and without a gap. */
  received = 0
  /** Parts, and bytes of them, that the cluster has been told were taken. */
  reported = 0
  reportedBytes = 0
  /** Something may have been lost: parts from the next one on are asked for until it comes. */
  isMissing = false
  beatsWithoutProgress = 0
  /** The manager's life in which the first part came. */
  epoch = 0
  /** Its outcome, once that has come: how many parts come before it, and its delivery. */
  outcome: { parts: number; deliver(): void } | undefined

  constructor(readonly reader: PartReader) {}
}

/** How streams end, for the client that has their requests. */
export interface StreamEndings {
  /** It is not open any more: its outcome is delivered next. */
  release(request: OpenRequest): void
  /** It ends from here: the cluster is told that nobody wants it. */
  giveUp(request: OpenRequest, error: AIClusterError): void
}

/** Requests whose answers are read in parts: what comes in, what the cluster is told of the reader, what is asked for again. */
export class OpenStreams {
  private readonly open = new Map<OpenRequest, OpenStream>()
  private readonly out = createEnvelope()

  constructor(
    private readonly connection: ClusterConnection,
    private readonly endings: StreamEndings,
  ) {}

  /** A stream begins: it has not been sent yet. */
  begin(request: OpenRequest, reader: PartReader): void {
    const stream = new OpenStream(reader)
    request.stream = stream
    reader.events = {
      onTaken: () => this.report(request, stream),
      onLeft: () => this.endings.giveUp(request, loopLeft(request)),
    }
    this.open.set(request, stream)
  }

  /** It has ended. */
  forget(request: OpenRequest): void {
    this.open.delete(request)
  }

  /** A `part` record. One that came before says nothing new; one that comes after a gap is asked for again with what is missing. */
  onPart(request: OpenRequest | undefined, e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void {
    const stream = request?.stream
    if (!request || !stream || e.part < stream.received) return
    if (e.part > stream.received) {
      stream.isMissing = true
      return
    }
    const { epoch } = this.connection.session
    if (stream.received === 0) stream.epoch = epoch
    // The manager ends what was under way before it; should it have lost its memory of it, another run must not be taken for the same.
    else if (stream.epoch !== epoch) return this.endings.giveUp(request, restarted(request))
    let value: unknown
    try {
      value = decodePart(e, frame, nameAt, bodyFrames)
    } catch (cause) {
      const detail = `part ${e.part} of the container's answer cannot be read: ${(cause as Error).message}`
      return this.endings.giveUp(request, clusterError('internal', { detail, requestNo: request.requestNo, cause }))
    }
    stream.received++
    stream.beatsWithoutProgress = 0
    stream.isMissing = stream.outcome !== undefined
    stream.reader.push(value, e.headerLength + e.bodyLength)
    this.endIfComplete(request, stream)
  }

  /** A `result` or `error` record: it counts once every part before it is here. */
  onOutcome(request: OpenRequest, stream: OpenStream, e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames?: Uint8Array[]): void {
    let deliver = (): void => {}
    const receiver: OutcomeReceiver = {
      onResult: (result, response) => {
        deliver = () => request.receiver.onResult(result, response)
      },
      onError: (error) => {
        deliver = () => request.receiver.onError(error)
      },
    }
    settleRequest(request, e, frame, nameAt, bodyFrames, receiver)
    stream.outcome = { parts: e.part, deliver }
    if (this.endIfComplete(request, stream)) return
    stream.isMissing = true
    if (this.connection.inference.asking.isLive) this.askAgain(request, stream)
  }

  /** Whatever got lost, requests or records of the cluster: both sides know now what is open. */
  onReconciled(): void {
    for (const [request, stream] of this.open) {
      if (request.number === 0) continue
      stream.isMissing = true
      stream.beatsWithoutProgress = 0
      this.askAgain(request, stream)
      this.tellTaken(request, stream)
    }
  }

  /** Called twice a second: the cluster is told again how far the reader is, and asked again for what is missing, at growing intervals. */
  onBeat(): void {
    for (const [request, stream] of this.open) {
      if (request.number === 0) continue
      this.tellTaken(request, stream)
      if (!stream.isMissing) continue
      const beats = ++stream.beatsWithoutProgress
      if (stream.outcome && beats > BEATS_FOR_THE_REST) this.endings.giveUp(request, restIsGone(request, stream))
      else if ((beats & (beats - 1)) === 0 || beats % BEATS_BETWEEN_QUESTIONS === 0) this.askAgain(request, stream)
    }
  }

  private endIfComplete(request: OpenRequest, stream: OpenStream): boolean {
    const { outcome } = stream
    if (!outcome || stream.received < outcome.parts) return false
    // Nothing of it is needed any more, read or not.
    if (outcome.parts > 0) this.send(request, outcome.parts, 0)
    this.endings.release(request)
    outcome.deliver()
    return true
  }

  private report(request: OpenRequest, stream: OpenStream): void {
    const { reader, reported, reportedBytes } = stream
    const isDue = reader.taken - reported >= REPORT_AFTER_PARTS || reader.takenBytes - reportedBytes >= REPORT_AFTER_BYTES
    if (isDue || (reader.isWaiting && reader.taken > reported)) this.tellTaken(request, stream)
  }

  private tellTaken(request: OpenRequest, stream: OpenStream): void {
    if (!this.connection.inference.welcomed || !this.open.has(request)) return
    stream.reported = stream.reader.taken
    stream.reportedBytes = stream.reader.takenBytes
    this.send(request, stream.reported, 0)
  }

  private askAgain(request: OpenRequest, stream: OpenStream): void {
    this.send(request, stream.received, RecordFlag.again)
  }

  private send({ number }: OpenRequest, part: number, flags: number): void {
    const { out, connection } = this
    out.kind = RecordKind.window
    out.flags = flags
    out.epoch = connection.session.epoch
    out.session = connection.session.number
    out.request = number
    out.part = part
    connection.inference.dealer.send(out)
  }
}

const restarted = ({ inferenceName, requestNo }: OpenRequest): AIClusterError =>
  clusterError('containerDisconnect', {
    detail: `${inferenceName}: the cluster manager was restarted while its parts were read`,
    requestNo,
  })

const restIsGone = ({ inferenceName, requestNo }: OpenRequest, { received, outcome }: OpenStream): AIClusterError =>
  clusterError('containerDisconnect', {
    detail: `${inferenceName}: the answer has ${outcome?.parts} parts, and those from part ${received} on did not come`,
    requestNo,
  })
