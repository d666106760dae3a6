import { setTimeout as sleep } from 'node:timers/promises'
import { type AICluster, AIClusterError } from '@aicluster/host-sdk'
import type { SeededRandom } from '@aicluster/testing'
import { RESPONSE_TIMEOUT_MS, SEND_TIMEOUT_MS, SINKS } from '../world/inferences'
import { type LoadShape, TIMEOUT_MS } from './load-shapes'
import { payloadFor, wrongEcho } from './payload'
import type { RequestJournal } from './request-journal'
import { StreamCheck } from './stream-check'

const LATEST_ABORT_MS = 150
const HURRIED_MS = [20, 200] as const
/**
 * A request without a time-out of its own: both times of its inference, twice since it may be redelivered, and once more since a
 * manager that starts counts them anew.
 */
const UNLIMITED_MS = 3 * (SEND_TIMEOUT_MS + RESPONSE_TIMEOUT_MS)

type StreamShape = NonNullable<LoadShape['streams']>

/** Sends requests, checks what comes back, and writes both down. */
export class Requester {
  requests = 0
  outcomes = 0
  open = 0

  /** @param prefix - of every id: no other process has it */
  constructor(
    private readonly cluster: AICluster,
    private readonly journal: RequestJournal,
    private readonly shape: LoadShape,
    private readonly random: SeededRandom,
    private readonly prefix: string,
  ) {}

  /**
   * Send one request. Never throws; what becomes of it stands in the journal.
   * @param more - for its container, beside the id
   */
  send(inference: string, more: { hang?: boolean } = {}): void {
    const id = `${this.prefix}.${++this.requests}`
    const body = payloadFor(id, this.random.integer(...this.shape.bodyBytes))
    this.open++
    if (this.shape.streams) void this.readStream(id, inference, body, this.shape.streams)
    else if (this.shape.callbacks) this.sendWithCallback(id, inference, body, { id, ...more })
    else this.sendAwaited(id, inference, body, { id, ...more })
  }

  private sendAwaited(id: string, inference: string, body: Buffer, param: Record<string, unknown>): void {
    const { shape, random } = this
    const timeout = random.chance(shape.hurries ?? 0) ? random.integer(...HURRIED_MS) : TIMEOUT_MS
    const abort = random.chance(shape.aborts ?? 0) ? new AbortController() : undefined
    this.journal.sends(id, inference, timeout)
    let onTheSpot = true
    this.cluster.infer(inference, body, param, { timeout, ...(abort && { signal: abort.signal }) }).then(
      ({ result, response }) => this.onResult(id, inference, body, result, response.requestNo),
      (error: unknown) => this.onError(id, error, onTheSpot),
    )
    // What has failed by now tells its handler first.
    queueMicrotask(() => {
      onTheSpot = false
    })
    if (abort) setTimeout(() => abort.abort(), random.integer(0, LATEST_ABORT_MS))
  }

  private async readStream(id: string, inference: string, body: Buffer, { parts, pauseMs, leaves }: StreamShape): Promise<void> {
    const { random } = this
    const count = random.integer(...parts)
    const leaveAt = random.chance(leaves) ? random.integer(0, count) : Number.POSITIVE_INFINITY
    this.journal.sends(id, inference, TIMEOUT_MS)
    let onTheSpot = true
    // Nothing can have come from the cluster before.
    setImmediate(() => {
      onTheSpot = false
    })
    const check = new StreamCheck(id)
    try {
      const stream = this.cluster.inferStream(inference, body, { id, parts: count }, { timeout: TIMEOUT_MS })
      for await (const part of stream) {
        const wrong = check.wrongPart(part)
        if (wrong) return this.onWrong(id, wrong)
        if (check.count > leaveAt) break
        if (pauseMs > 0) await sleep(random.integer(0, pauseMs))
      }
      const { result, response } = await stream.result
      if (check.count === count) this.onResult(id, inference, body, result, response.requestNo)
      else this.onWrong(id, `a result after ${check.count} parts of ${count}`)
    } catch (error) {
      this.onError(id, error, onTheSpot)
    }
  }

  private onWrong(id: string, why: string): void {
    this.settled()
    this.journal.wrong(id, why)
  }

  private sendWithCallback(id: string, inference: string, body: Buffer, param: Record<string, unknown>): void {
    this.journal.sends(id, inference, UNLIMITED_MS)
    try {
      this.cluster.inferAsync(inference, body, param, (code, _message, result, _response, requestNo) =>
        code === 0 ? this.onResult(id, inference, body, result, requestNo) : this.onCode(id, code, requestNo),
      )
    } catch (error) {
      this.onError(id, error, true)
    }
  }

  private onResult(id: string, inference: string, body: Buffer, result: unknown, requestNo: string): void {
    this.settled()
    const wrong = SINKS.has(inference) ? wrongOfSink(result) : wrongEcho(body, result)
    if (wrong === undefined) this.journal.result(id, requestNo)
    else this.journal.wrong(id, wrong)
  }

  private onError(id: string, error: unknown, onTheSpot: boolean): void {
    if (!(error instanceof AIClusterError)) {
      this.settled()
      this.journal.wrong(id, `no error of the cluster's: ${String(error)}`)
    } else if (onTheSpot) {
      this.settled()
      this.journal.refused(id, error.code)
    } else this.onCode(id, error.code, error.requestNo ?? '-')
  }

  private onCode(id: string, code: number, requestNo: string): void {
    this.settled()
    this.journal.error(id, code, requestNo)
  }

  private settled(): void {
    this.outcomes++
    this.open--
  }
}

const wrongOfSink = (result: unknown): string | undefined => (result === null ? undefined : `a sink's result is ${typeof result}`)
