import { AIClusterError, type AIClusterErrorOptions, ERROR_KIND } from './aicluster-error'
import { ERROR_CODES, type ErrorKey } from './error-code'

/** An argument, a key or a value is missing or wrong (codes 100, 101, 200 to 207, 301, 302). */
export class InvalidArgumentError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'InvalidArgumentError'
}

/** The connection could not be established, or its hello was refused (code 110). */
export class SocketConnectionError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'SocketConnectionError'
}

/** There is no connection to the cluster (code 111; 112 and 113 as events). */
export class ConnectionFailedError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'ConnectionFailedError'
}

/** A running container became disconnected or unsubscribed (code 114, an event). */
export class InferenceUnsubscribeError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'InferenceUnsubscribeError'
}

/** No inference of this name is registered (300 for commands, 400 for requests). */
export class InferenceNameNotFoundError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'InferenceNameNotFoundError'
}

/** The inference still has requests queued or in process (code 303). */
export class InvalidOperationError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'InvalidOperationError'
}

/** No board has this name (code 304). */
export class CoprocessorNotFoundError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'CoprocessorNotFoundError'
}

/** The send-wait queue of the inference is full (code 305). Raised at once, before anything is queued. */
export class SendQueueFullError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'SendQueueFullError'
}

/** The request waited in the queue for as long as it may (code 306). */
export class SendQueueTimeoutError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'SendQueueTimeoutError'
}

/** The container is not registered (code 307). */
export class ContainerNotFoundError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'ContainerNotFoundError'
}

/** An entry belongs to another session (code 308). */
export class PermissionError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'PermissionError'
}

/** Another command is changing the same names (code 309). */
export class ApiConflictError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'ApiConflictError'
}

/** Somebody deleted the waiting request (code 310, ours). */
export class QueueDeletedError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'QueueDeletedError'
}

/** The container exited, or did not connect within the start limit (code 311, ours). */
export class ContainerStartError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'ContainerStartError'
}

/** The caller aborted through its signal (code 312, ours); `cause` is the signal's reason. */
export class RequestAbortedError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'RequestAbortedError'
}

/** The caller's own timeout passed (code 313, ours). */
export class RequestTimeoutError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'RequestTimeoutError'
}

/** The cluster kept the outcome as long as it could (code 314, ours). */
export class OutcomeExpiredError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'OutcomeExpiredError'
}

/** Nothing came in time: a response at the cluster, a request at the Connector (code 401). */
export class ContainerReceiveTimeoutError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'ContainerReceiveTimeoutError'
}

/** The container went while it held the request (code 402). */
export class ContainerDisconnectError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'ContainerDisconnectError'
}

/** The inference has input None and takes no requests (code 403). */
export class InvalidInferenceNameError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'InvalidInferenceNameError'
}

/** An operation on a board failed (code 500); the message names board and cause. */
export class SshConnectionError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'SshConnectionError'
}

/** The command is not supported (code 900). */
export class NotImplementedError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'NotImplementedError'
}

/** The cluster failed inside (code 999), or replied with a code that this version does not know. */
export class UnknownError extends AIClusterError {
  static override readonly [ERROR_KIND]: string = 'UnknownError'
  override readonly code: number

  /**
   * @param key - the row of the table; default 999
   * @param options - as of every error; `code` is the one that was received, where the table does not have it
   */
  constructor(key: ErrorKey = 'internal', options: AIClusterErrorOptions & { code?: number } = {}) {
    super(key, options)
    this.code = options.code ?? ERROR_CODES.internal.code
  }
}

type ErrorClassName = (typeof ERROR_CODES)[ErrorKey]['error']

const CLASSES: Record<ErrorClassName, new (key: ErrorKey, options?: AIClusterErrorOptions) => AIClusterError> = {
  InvalidArgumentError,
  SocketConnectionError,
  ConnectionFailedError,
  InferenceUnsubscribeError,
  InferenceNameNotFoundError,
  InvalidOperationError,
  CoprocessorNotFoundError,
  SendQueueFullError,
  SendQueueTimeoutError,
  ContainerNotFoundError,
  PermissionError,
  ApiConflictError,
  QueueDeletedError,
  ContainerStartError,
  RequestAbortedError,
  RequestTimeoutError,
  OutcomeExpiredError,
  ContainerReceiveTimeoutError,
  ContainerDisconnectError,
  InvalidInferenceNameError,
  SshConnectionError,
  NotImplementedError,
  UnknownError,
}

/** The error of a row of the table, as an instance of that row's class. */
export const clusterError = (key: ErrorKey, options?: AIClusterErrorOptions): AIClusterError =>
  new CLASSES[ERROR_CODES[key].error](key, options)
