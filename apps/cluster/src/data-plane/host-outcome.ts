import { clusterError, encodeError, encodeMsgpack, RecordFlag, RecordKind, type ResultHeader } from '@aicluster/protocol'
import { RetainedOutcome, ridesInline } from '@aicluster/transport'
import type { DispatchRequest } from '../dispatch/dispatch-request'
import type { ContainerSession } from './container-session'

/** Behind a slice of fewer bytes there may be a received batch many times as large. */
const COPY_UP_TO_BYTES = 64 * 1024

/** The outcome of a request or command: what is sent to the application, as often as it takes. */
export class HostOutcome extends RetainedOutcome {
  flags = 0
  attempt = 0
  /** Parts that come before it. */
  part = 0
  nameLength = 0
  headerLength = 0
  bodyLength = 0
  receivedAtMs = 0
  sentAtMs = 0
  answeredAtMs = 0
  /** Whose answer it is: it keeps it until the application has it. */
  container: ContainerSession | undefined
  /** The application has it, or wants it no more. */
  released = false
  /** Called once it is gone from here. */
  onReleased: (() => void) | undefined
  private compacted = false

  /**
   * @param kind - of the record
   * @param tail - name, header and inline body; a view that is kept
   * @param bodyFrames - the body, where it does not ride inline; kept by reference
   */
  constructor(
    number: number,
    public kind: number,
    public tail: Uint8Array | undefined,
    public bodyFrames: Uint8Array[] | undefined,
    bodyBytes: number,
  ) {
    super(number, (tail ? tail.length : 0) + (bodyFrames ? bodyBytes : 0))
  }

  /** It has to wait: it must not keep the whole message alive that it came in. */
  compact(): void {
    if (this.compacted || !this.tail || this.tail.length > COPY_UP_TO_BYTES) return
    this.compacted = true
    this.tail = Buffer.from(this.tail)
  }

  /** There was no room for it: from now on it is the error that says so. */
  turnExpired(): void {
    const detail = 'the application did not take its outcomes in time, and more of them were kept than a session may have'
    const header = encodeError(clusterError('outcomeExpired', { detail }))
    this.kind = this.kind === RecordKind.reply || this.kind === RecordKind.commandError ? RecordKind.commandError : RecordKind.error
    this.tail = header
    this.bodyFrames = undefined
    this.flags &= RecordFlag.stamps
    // It ends what has come so far: nothing is worth waiting for.
    this.part = 0
    this.held = false
    this.nameLength = 0
    // A command's error is its body, a request's its header.
    this.headerLength = this.kind === RecordKind.error ? header.length : 0
    this.bodyLength = this.kind === RecordKind.error ? 0 : header.length
  }
}

const TAKEN = encodeMsgpack({ result: null, received_at: 0, sent_at: 0 } satisfies ResultHeader)

/** The outcome of a request to a sink: null, once its program has taken it. */
export function takenOutcome(number: number): HostOutcome {
  const outcome = new HostOutcome(number, RecordKind.result, TAKEN, undefined, 0)
  outcome.headerLength = TAKEN.length
  return outcome
}

/** The outcome of a request that the manager itself answers, with what was sent: its data. */
export function echoOutcome(request: DispatchRequest, nowMs: number): HostOutcome {
  const { number, nameLength, bodyLength, bodyFrames } = request
  const tail = request.tail as Uint8Array
  const header = encodeMsgpack({ result: null, echo: true, received_at: nowMs, sent_at: nowMs } satisfies ResultHeader)
  const name = tail.subarray(0, nameLength)
  const body = bodyFrames ? undefined : tail.subarray(tail.length - bodyLength)
  const inline = body !== undefined && ridesInline(body.length)
  const outcome = new HostOutcome(
    number,
    RecordKind.result,
    Buffer.concat(inline ? [name, header, body] : [name, header]),
    inline ? undefined : (bodyFrames ?? [body as Uint8Array]),
    bodyLength,
  )
  outcome.nameLength = nameLength
  outcome.headerLength = header.length
  outcome.bodyLength = bodyLength
  return outcome
}
