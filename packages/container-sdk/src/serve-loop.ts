import { type InferenceResponse, UnknownError } from '@aicluster/protocol'
import { container_log_util } from './container-log-util'
import { withRequest } from './log-context'
import { notWanted } from './not-wanted'
import type { ReceivedRequest } from './received-request'
import type { RequestIntake } from './request-intake'

/**
 * Answers one request; what it returns is the result. An async generator sends what it yields as parts, and returns the result.
 */
export type RequestHandler = (request: ReceivedRequest) => unknown | Promise<unknown>

/** Where a handler's outcome goes. */
export interface AnswerSink {
  sendResponse(result: unknown, response: InferenceResponse): void
  sendError(error: unknown, response: InferenceResponse): void
  sendPart(part: unknown, response: InferenceResponse): Promise<void>
}

/** Hands requests to a handler, a number of them at once, and sends what becomes of them. */
export class ServeLoop {
  private active = 0

  constructor(
    private readonly intake: RequestIntake,
    private readonly answers: AnswerSink,
    private readonly handler: RequestHandler,
    private readonly concurrency: number,
  ) {}

  /** Whether a handler runs, also one whose outcome nobody wants. */
  get isBusy(): boolean {
    return this.active > 0
  }

  /** Begin as many as may be begun. */
  readonly work = (): void => {
    while (this.active < this.concurrency) {
      const request = this.intake.take()
      if (!request) return
      this.active++
      void this.handle(request)
    }
  }

  private async handle(request: ReceivedRequest): Promise<void> {
    const { response } = request
    try {
      const pending = withRequest(response.requestNo, this.handler, request)
      const result = pending instanceof Promise ? await pending : pending
      if (isAsyncIterable(result)) {
        const send = (parts: AsyncIterable<unknown>) => this.sendParts(parts, response)
        this.answers.sendResponse(await withRequest(response.requestNo, send, result), response)
      } else this.answers.sendResponse(result, response)
    } catch (error) {
      this.fail(request, error)
    } finally {
      this.active--
      this.work()
    }
  }

  /** @returns what the generator returned: the result */
  private async sendParts(parts: AsyncIterable<unknown>, response: InferenceResponse): Promise<unknown> {
    const iterator = parts[Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await iterator.next()
      if (done) return value
      try {
        await this.answers.sendPart(value, response)
      } catch (error) {
        await iterator.return?.()
        throw error
      }
    }
  }

  private fail(request: ReceivedRequest, error: unknown): void {
    const { response } = request
    // A handler that follows its signal has not failed.
    if (request.isCancelled) return this.answers.sendError(notWanted(response), response)
    withRequest(response.requestNo, () => container_log_util.exception('the handler failed', -1, error), request)
    this.answers.sendError(handlerError(error), response)
  }
}

const isAsyncIterable = (result: unknown): result is AsyncIterable<unknown> =>
  typeof result === 'object' && result !== null && Symbol.asyncIterator in result

const handlerError = (error: unknown): unknown =>
  error instanceof Error && !('code' in error && typeof error.code === 'number')
    ? new UnknownError('internal', { detail: `the container's program failed: ${error.message}`, cause: error })
    : error
