import { clusterError, encodeError, RecordKind } from '@aicluster/protocol'
import { RetainedOutcome } from '@aicluster/transport'
import type { PartStream } from '../part-stream'

export type AnswerKind = typeof RecordKind.result | typeof RecordKind.error

/** An answer that the application may not have yet: all that it takes to send it again. */
export class RetainedAnswer extends RetainedOutcome {
  constructor(
    number: number,
    /** Of the request: a redelivered one has a later one. */
    readonly attempt: number,
    public kind: AnswerKind,
    /** The subscription that answers. */
    readonly name: string,
    public header: Uint8Array,
    public body: Uint8Array | undefined,
    /** What came before it, if it is read in parts: kept as long as it. */
    public parts: PartStream | undefined = undefined,
  ) {
    super(number, header.length + (body?.length ?? 0) + (parts?.bytes ?? 0))
  }

  /** There is no room for it any more: what is left says so, as error 314. */
  expire(): void {
    const detail = `${this.name}: the container kept it until there were too many newer ones`
    this.kind = RecordKind.error
    this.header = encodeError(clusterError('outcomeExpired', { detail, requestNo: String(this.number) }))
    this.body = undefined
    this.parts = undefined
  }
}
