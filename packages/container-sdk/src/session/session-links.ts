import { createEnvelope, DEFAULT_MAX_BODY_BYTES, encodeNumbers, MAX_HEADER_BYTES, RecordKind, type Welcome } from '@aicluster/protocol'
import { type DealerHandlers, DealerLink, encodeName } from '@aicluster/transport'
import type { ResolvedConnectorOptions } from '../connector-options'
import type { EncodedAnswer } from '../encode-answer'
import type { EncodedPublication, PublishWire } from '../publisher'
import type { SessionWire } from './answer-session'
import type { RetainedAnswer } from './retained-answer'

export type LinkName = 'requests' | 'answers'

/** A manager's session number, and the manager's epoch: the number means nothing without. */
export interface SessionNumber {
  epoch: number
  session: number
}

/** A container's two links to the manager, and the records that go over them. */
export class SessionLinks implements SessionWire, PublishWire {
  /** In every envelope: of the connection that stands, or stood last. */
  number: SessionNumber = { epoch: 0, session: 0 }
  private readonly limits = { maxBodyBytes: DEFAULT_MAX_BODY_BYTES, maxHeaderBytes: MAX_HEADER_BYTES }
  private readonly requests: DealerLink
  private readonly answers: DealerLink
  private readonly out = createEnvelope()

  constructor(options: ResolvedConnectorOptions, handlers: (link: LinkName) => DealerHandlers) {
    const { requestsEndpoint, answersEndpoint, context, curve } = options
    this.requests = new DealerLink(requestsEndpoint, handlers('requests'), this.limits, { context, curve })
    this.answers = new DealerLink(answersEndpoint, handlers('answers'), this.limits, { context, curve })
  }

  connect(): void {
    this.requests.connect()
    this.answers.connect()
  }

  isUp(link: LinkName): boolean {
    return this[link].isUp
  }

  /** What the manager takes, and sends, from now on. */
  setLimits({ max_body_bytes, max_header_bytes }: Welcome['limits']): void {
    this.limits.maxBodyBytes = max_body_bytes
    this.limits.maxHeaderBytes = max_header_bytes
  }

  signal(link: LinkName, kind: RecordKind, header?: Uint8Array): number {
    this.envelope(kind, 0, 0, header?.length ?? 0, 0)
    return this[link].send(this.out, undefined, header)
  }

  sendNumbers(kind: RecordKind, round: number, numbers: readonly number[]): number {
    const body = encodeNumbers(numbers)
    this.envelope(kind, round, 0, 0, body.length)
    return this.answers.sendBody(this.out, undefined, undefined, body)
  }

  sendPublication({ name: subName, header, body }: EncodedPublication): number {
    const name = encodeName(subName)
    this.envelope(RecordKind.publish, 0, name.length, header.length, body?.length ?? 0)
    return this.answers.sendBody(this.out, name, header, body)
  }

  /** Send a part of an answer. */
  sendPart(number: number, attempt: number, subName: string, part: number, { header, body }: EncodedAnswer): void {
    const name = encodeName(subName)
    this.envelope(RecordKind.part, number, name.length, header.length, body?.length ?? 0)
    this.out.attempt = attempt
    this.out.part = part
    this.answers.sendBody(this.out, name, header, body)
  }

  sendAnswer({ number, attempt, kind, name: subName, header, body, parts }: RetainedAnswer): number {
    const name = encodeName(subName)
    this.envelope(kind, number, name.length, header.length, body?.length ?? 0)
    this.out.attempt = attempt
    this.out.part = parts?.sent ?? 0
    return this.answers.sendBody(this.out, name, header, body)
  }

  /** What was missing is accounted for, or not worth asking for: it may be acknowledged. */
  accounted(link: LinkName): void {
    this[link].accounted()
  }

  /**
   * What the manager would drop.
   * @returns why it may not be sent, or undefined
   */
  refusesSize(headerLength: number, bodyLength: number): string | undefined {
    const { maxBodyBytes, maxHeaderBytes } = this.limits
    if (bodyLength > maxBodyBytes)
      return `its binary parts have ${bodyLength} bytes, the cluster takes ${maxBodyBytes} (limits.max_body_bytes)`
    if (headerLength > maxHeaderBytes)
      return `it has ${headerLength} bytes beside its binary parts, the cluster takes ${maxHeaderBytes} (limits.max_header_bytes)`
    return undefined
  }

  async close(): Promise<void> {
    await Promise.all([this.requests.close(), this.answers.close()])
  }

  private envelope(kind: RecordKind, request: number, nameLength: number, headerLength: number, bodyLength: number): void {
    const { out, number } = this
    out.kind = kind
    out.flags = 0
    out.epoch = number.epoch
    out.session = number.session
    out.request = request
    out.attempt = out.part = 0
    out.nameLength = nameLength
    out.headerLength = headerLength
    out.bodyLength = bodyLength
  }
}
