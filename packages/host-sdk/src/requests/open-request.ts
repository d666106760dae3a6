import type { AIClusterError, InferenceResponse, SystemMetadata } from '@aicluster/protocol'
import type { OpenStream } from '../streams/open-streams'
import type { PartReader } from '../streams/part-reader'
import type { DeadlineEntry } from './deadlines'
import type { InLine } from './waiting-line'

/** What a request's outcome is given to. */
export interface OutcomeReceiver {
  onResult(result: unknown, response: InferenceResponse): void
  onError(error: AIClusterError): void
  /** Reads the answer in parts. */
  readonly reader?: PartReader
}

/** A request without an outcome, with everything that is needed to send it again. */
export class OpenRequest implements DeadlineEntry, InLine {
  /** 0 while it waits for room. */
  number = 0
  /** The caller's own time, in ms; 0 none. */
  timeoutMs = 0
  /** When that is over, on the clock of `performance.now()`. */
  expiresAtMs = 0
  /** Its time is over, and the cluster's word on it is awaited for a moment. */
  overdue = false
  unlisten: (() => void) | undefined = undefined
  dueAtMs = 0
  heapPlace = -1
  /** What has come of its parts, if its answer is read in parts. */
  stream: OpenStream | undefined = undefined
  inLine = false
  ahead: InLine | undefined = undefined
  behind: InLine | undefined = undefined

  constructor(
    readonly inferenceName: string,
    readonly param: Record<string, unknown>,
    readonly layout: SystemMetadata['array'],
    /** As it travels. */
    readonly header: Uint8Array,
    readonly body: Uint8Array,
    /** When the application asked for it, ms since 1970. */
    readonly sentAtMs: number,
    readonly receiver: OutcomeReceiver,
  ) {}

  /** What it keeps in memory. */
  get bytes(): number {
    return this.header.length + this.body.length
  }

  /** As errors and responses have it; undefined while it waits for room. */
  get requestNo(): string | undefined {
    return this.number === 0 ? undefined : String(this.number)
  }
}
