import { type AIClusterError, clusterError, type InferenceResponse, type KeysOf } from '@aicluster/protocol'
import { missing, optionalCallback, requireOptions } from './arguments'
import type { Logger } from './logger'

/** Outcome of `inferAsync` and `inferImageAsync`. `code` 0 is success; `requestNo` is ours. */
export type InferCallback = (
  code: number,
  message: string,
  result: unknown,
  response: InferenceResponse | undefined,
  requestNo: string,
) => void

/** Outcome of every other `…Async` method, and the events 112, 113, 114. `cmd` is the seed's API name without `_async`. */
export type ManageCallback = (code: number, message: string, cmd: string, result: unknown, requestNo: string | undefined) => void

/** A key left out keeps what was set; `null` clears. */
export interface CallbackOptions {
  /** Gets the outcomes of `inferAsync` and `inferImageAsync`. */
  inferCallback?: InferCallback | null
  /** Gets the outcomes of every other `…Async` method, and the events. */
  manageCallback?: ManageCallback | null
}

const CALLBACK_KEYS: KeysOf<CallbackOptions> = { inferCallback: true, manageCallback: true }

/** The common callbacks, and how an outcome reaches one. */
export class Callbacks {
  private infer: InferCallback | undefined
  private manage: ManageCallback | undefined

  constructor(private readonly log: () => Logger) {}

  /** @throws InvalidArgumentError (302) a value that is no function, an unknown key */
  set(options: CallbackOptions): void {
    const { inferCallback, manageCallback } = requireOptions<CallbackOptions>(options, 'options', CALLBACK_KEYS)
    const infer = optionalCallback(inferCallback) as InferCallback | undefined
    const manage = optionalCallback(manageCallback) as ManageCallback | undefined
    if (inferCallback !== undefined) this.infer = infer
    if (manageCallback !== undefined) this.manage = manage
  }

  /** The callback of a call: its own, else the common one. @throws InvalidArgumentError (100) neither is set */
  forInfer(own: unknown): InferCallback {
    const callback = (optionalCallback(own) as InferCallback | undefined) ?? this.infer
    if (!callback) throw missing('callback')
    return this.guarded(callback)
  }

  /** The callback of a call: its own, else the common one. @throws InvalidArgumentError (100) neither is set */
  forManage(own: unknown): ManageCallback {
    const callback = (optionalCallback(own) as ManageCallback | undefined) ?? this.manage
    if (!callback) throw missing('callback')
    return this.guarded(callback)
  }

  /** Tell the common callback of an event, if there is one. */
  event(error: AIClusterError, cmd: string): void {
    if (this.manage) this.guarded(this.manage)(error.code, error.message, cmd, error.details, undefined)
  }

  /** A callback that throws must not stop what called it. */
  private guarded<Arguments extends unknown[]>(callback: (...args: Arguments) => void): (...args: Arguments) => void {
    return (...args) => {
      try {
        callback(...args)
      } catch (error) {
        this.log().error({ err: error }, 'a callback threw')
      }
    }
  }
}

export const connectionEvent = (key: 'connectionLost' | 'connectionRestored', detail: string): AIClusterError =>
  clusterError(key, { detail })
