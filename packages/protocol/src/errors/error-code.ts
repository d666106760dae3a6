/** One row of the table: a failure, the class that carries it, and the beginning of its message. */
export interface ErrorCodeRow {
  readonly code: number
  /** Name of the class in `cluster-errors.ts`. */
  readonly error: string
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean
  /** Beginning of the message; `{}` and `{name}` are filled with arguments in the caller's spelling. */
  readonly message: string
  /** What it means and what to do, for the errors page of the docs. */
  readonly cure: string
}

/**
 * Every failure that may cross the wire or leave an SDK. Numbers are frozen once released: never renumbered, never reused.
 *
 * @see SDK API reference, chapter 8; 310 to 315 and 999 are ours
 */
export const ERROR_CODES = {
  argumentRequired: {
    code: 100,
    error: 'InvalidArgumentError',
    retryable: false,
    message: 'argument {} is required',
    cure: 'An argument is missing. Give it.',
  },
  invalidKey: {
    code: 101,
    error: 'InvalidArgumentError',
    retryable: false,
    message: 'invalid key : {}',
    cure: 'A file description has a key nobody knows. Use script, model or other.',
  },
  connectionEstablishment: {
    code: 110,
    error: 'SocketConnectionError',
    retryable: true,
    message: 'socket connection establishment failed',
    cure: 'The cluster was not reached in time, or refused the hello. Is the manager up, is the endpoint right?',
  },
  connectionFailed: {
    code: 111,
    error: 'ConnectionFailedError',
    retryable: true,
    message: 'socket connection disconnected',
    cure: 'There is no connection to the cluster, it did not come back within reconnectTimeoutMs, or the manager is shutting down. Wait for event 113, or look at the manager. A command that was under way may have been carried out.',
  },
  connectionLost: {
    code: 112,
    error: 'ConnectionFailedError',
    retryable: true,
    message: 'socket connection disconnected',
    cure: 'Event: the connection to the cluster was lost. The SDK reconnects by itself; what is open waits for reconnectTimeoutMs (30 s), new calls are refused with 111.',
  },
  connectionRestored: {
    code: 113,
    error: 'ConnectionFailedError',
    retryable: true,
    message: 'socket connection connected',
    cure: 'Event: the connection to the cluster stands (again).',
  },
  inferenceUnsubscribed: {
    code: 114,
    error: 'InferenceUnsubscribeError',
    retryable: true,
    message: 'Inference {name} became unsubscribe state',
    cure: 'Event: a running container went or said goodbye. See its log.',
  },
  notJson: {
    code: 200,
    error: 'InvalidArgumentError',
    retryable: false,
    message: 'Not conform to JSON Format',
    cure: 'A command or a parameter is not well-formed.',
  },
  requiredKeyMissing: {
    code: 201,
    error: 'InvalidArgumentError',
    retryable: false,
    message: 'No Required Key',
    cure: 'A required key is missing; the message names it.',
  },
  tagChanged: {
    code: 203,
    error: 'InvalidArgumentError',
    retryable: false,
    message: 'Tag version has changed from {old} into {new}',
    cure: 'The inference is registered with another tag. Unload it first, or set forceUpdate.',
  },
  configFileMissing: {
    code: 205,
    error: 'InvalidArgumentError',
    retryable: false,
    message: 'Inference config file not found',
    cure: 'The inference is registered but its config file is gone. Load it again with forceUpdate.',
  },
  configFileNotJson: {
    code: 206,
    error: 'InvalidArgumentError',
    retryable: false,
    message: 'Inference config file JSON format error',
    cure: 'The inference config file is no JSON. Mend it, or load again with forceUpdate.',
  },
  configFileMismatch: {
    code: 207,
    error: 'InvalidArgumentError',
    retryable: false,
    message: 'Inference config file mismatch',
    cure: 'The inference config file contradicts what is registered. Mend the file, or load again.',
  },
  inferenceNotFound: {
    code: 300,
    error: 'InferenceNameNotFoundError',
    retryable: false,
    message: 'Specified InferenceName does not exist',
    cure: 'Nothing is registered under this name. List with getContainerHandler.',
  },
  configFileUnreadable: {
    code: 301,
    error: 'InvalidArgumentError',
    retryable: false,
    message: 'Can not open configure file',
    cure: 'A file cannot be opened; the message names it.',
  },
  invalidParameter: {
    code: 302,
    error: 'InvalidArgumentError',
    retryable: false,
    message: 'Specified Param Error',
    cure: 'A value is of the wrong type, out of range or unknown; the message names field and value.',
  },
  processesInUse: {
    code: 303,
    error: 'InvalidOperationError',
    retryable: true,
    message: 'There are still processes in use',
    cure: 'Requests are queued or in process. Wait for them, or use drainMs.',
  },
  coprocessorNotFound: {
    code: 304,
    error: 'CoprocessorNotFoundError',
    retryable: false,
    message: 'Specified CoprocessorName does not exist',
    cure: 'No board has this name; the message lists those there are.',
  },
  sendQueueFull: {
    code: 305,
    error: 'SendQueueFullError',
    retryable: true,
    message: 'Send Wait Queue Full',
    cure: 'The queue of the inference is full (queueLimit, queueBytes), this application has max_queued_per_session waiting, or an …Async call found no room in the SDK (maxPending, maxPendingBytes). Send more slowly (await waitForRoom), add containers, or raise the limit that the message names.',
  },
  sendQueueTimeout: {
    code: 306,
    error: 'SendQueueTimeoutError',
    retryable: true,
    message: 'Send Wait Queue TimeOut',
    cure: 'No container had a free credit in time. Add containers, raise maxSendNum or sendTimeout.',
  },
  containerNotFound: {
    code: 307,
    error: 'ContainerNotFoundError',
    retryable: false,
    message: 'Specified Container does not exist',
    cure: 'The container is not registered any more.',
  },
  permission: {
    code: 308,
    error: 'PermissionError',
    retryable: false,
    message: 'Can not delete queue (permission error)',
    cure: 'An entry belongs to another session. Use forceDelete if that is meant.',
  },
  apiConflict: {
    code: 309,
    error: 'ApiConflictError',
    retryable: true,
    message: '{names} is used by other process. Please retry a little later.',
    cure: 'Another command is changing the same names. Try again when it is done.',
  },
  queueDeleted: {
    code: 310,
    error: 'QueueDeletedError',
    retryable: false,
    message: 'Request deleted from the queue',
    cure: 'Somebody deleted the waiting request with deleteQueue.',
  },
  containerStart: {
    code: 311,
    error: 'ContainerStartError',
    retryable: false,
    message: 'Container did not start',
    cure: 'The program exited, or did not connect within the start limit. The message ends with what it printed last.',
  },
  requestAborted: {
    code: 312,
    error: 'RequestAbortedError',
    retryable: false,
    message: 'Request aborted',
    cure: 'The caller aborted through its signal.',
  },
  requestTimeout: {
    code: 313,
    error: 'RequestTimeoutError',
    retryable: true,
    message: 'Request timed out',
    cure: "The caller's own timeout passed.",
  },
  outcomeExpired: {
    code: 314,
    error: 'OutcomeExpiredError',
    retryable: false,
    message: 'Outcome expired',
    cure: 'The request may have run, but its outcome is gone, and it is never sent again: the application came back after its session had ended (reconnectTimeoutMs), or did not take its outcomes and more were kept for it than there is room for.',
  },
  notPermitted: {
    code: 315,
    error: 'PermissionError',
    retryable: false,
    message: 'Not permitted',
    cure: "The application's key may only infer, and the command needs the right to manage; or a request was asked for again by another key than the one that sent it. Use a key that was added with --may manage.",
  },
  unregisteredInference: {
    code: 400,
    error: 'InferenceNameNotFoundError',
    retryable: false,
    message: 'Unregistered InferenceName',
    cure: 'Nothing is registered under this name. Load it first.',
  },
  responseTimeout: {
    code: 401,
    error: 'ContainerReceiveTimeoutError',
    retryable: true,
    message: 'Response TimeOut Error',
    cure: 'The container did not answer in time. Raise waitQueueTimeout, or see why the container is slow.',
  },
  receiveTimeout: {
    code: 401,
    error: 'ContainerReceiveTimeoutError',
    retryable: true,
    message: 'receive timeout',
    cure: 'No request arrived at the Connector within its timeout.',
  },
  containerDisconnect: {
    code: 402,
    error: 'ContainerDisconnectError',
    retryable: true,
    message: 'Response Disconnect Error',
    cure: 'The container went while it held the request, or did not come back within 3 s of a restart of the manager. The request may or may not have run, and is not run again unless its inference says redeliver: true.',
  },
  inferenceTakesNoInput: {
    code: 403,
    error: 'InvalidInferenceNameError',
    retryable: false,
    message: '{} does not accept data.',
    cure: "The inference has input None. Set input: 'Main' (and output: 'Main') in its config to send it requests.",
  },
  ssh: {
    code: 500,
    error: 'SshConnectionError',
    retryable: true,
    message: 'SSH error',
    cure: 'An operation on a board failed; the message names board and cause.',
  },
  notImplemented: {
    code: 900,
    error: 'NotImplementedError',
    retryable: false,
    message: 'not support this command',
    cure: 'The command is not supported.',
  },
  internal: {
    code: 999,
    error: 'UnknownError',
    retryable: false,
    message: 'Unknown error',
    cure: "The cluster failed inside; the cause is in the message and in the manager's log.",
  },
} as const satisfies Record<string, ErrorCodeRow>

/** Name of a row of {@link ERROR_CODES}. */
export type ErrorKey = keyof typeof ERROR_CODES
