export { decodeMsgpack, encodeMsgpack } from './codec/msgpack'
export {
  type ArrayLayout,
  bytesOf,
  bytesPerElement,
  DTYPES,
  type DType,
  isDType,
  isNdArray,
  type NdArray,
  type NdArrayData,
  ndArrayFrom,
  requireNdArray,
} from './codec/nd-array'
export { decodeNumbers, encodeNumbers } from './codec/number-list'
export { type Attachment, decodeResult, type EncodedResult, encodeResult } from './codec/result-codec'
export { shortText } from './codec/short-texts'
export {
  COMMAND_NAMES,
  Command,
  type CommandInput,
  type CommandName,
  type CommandOf,
} from './commands/commands'
export type { ChunkView, MissingContent, MissingContentsView, OfferedFile, OfferView } from './commands/file-commands'
export type { GivenFiles } from './commands/given-files'
export type { MetricsView } from './commands/metrics-view'
export {
  createEnvelope,
  ENVELOPE_BYTES,
  type Envelope,
  fixedLength,
  PREAMBLE_BYTES,
  RECORD_LENGTH_BYTES,
  readEnvelope,
  readPreamble,
  readU32,
  STAMPS_BYTES,
  writeEnvelope,
  writePreamble,
  writeU32,
} from './envelope/envelope'
export { RecordFlag, RecordKind } from './envelope/record-kind'
export { AIClusterError, type AIClusterErrorOptions } from './errors/aicluster-error'
export {
  ApiConflictError,
  ConnectionFailedError,
  ContainerDisconnectError,
  ContainerNotFoundError,
  ContainerReceiveTimeoutError,
  ContainerStartError,
  CoprocessorNotFoundError,
  clusterError,
  InferenceNameNotFoundError,
  InferenceUnsubscribeError,
  InvalidArgumentError,
  InvalidInferenceNameError,
  InvalidOperationError,
  NotImplementedError,
  OutcomeExpiredError,
  PermissionError,
  QueueDeletedError,
  RequestAbortedError,
  RequestTimeoutError,
  SendQueueFullError,
  SendQueueTimeoutError,
  SocketConnectionError,
  SshConnectionError,
  UnknownError,
} from './errors/cluster-errors'
export { ERROR_CODES, type ErrorCodeRow, type ErrorKey } from './errors/error-code'
export {
  asAIClusterError,
  decodeError,
  type ErrorContext,
  type ErrorHeader,
  encodeError,
  encodeErrorHeader,
  errorFromHeader,
  errorHeader,
} from './errors/error-frame'
export * from './limits'
export { BoardLabelKey, BoardLabelValue, type BoardSelector, BoardSelectorText, parseBoardSelector } from './messages/board-labels'
export type { BoardFactsView, BoardProbeView, BoardProblemView, HostKeyView, TrustView } from './messages/board-views'
export { ClusterEvent } from './messages/cluster-event'
export { CONTAINER_CONFIG_KEYS, ContainerConfig, CopyEntry, InferenceModulesConfig } from './messages/container-config'
export type {
  BoardTelemetryView,
  ContainerHandlerView,
  ContainerLogView,
  ContainerStatusView,
  CoprocessorImagesView,
  CoprocessorView,
  DistributionView,
  ForgottenContainerView,
  GpuTelemetryView,
  ImageRemovalView,
  ImageView,
  ProgressView,
  QueueDeletionView,
  QueueInfoView,
  QueuePageView,
  RemoveBoardView,
  UnloadView,
} from './messages/container-views'
export { ContainerHello, Hello, HostHello, Limits, NumberBlock, Welcome } from './messages/hello'
export { INFERENCE_RESPONSE_TIMES, InferenceResponse } from './messages/inference-response'
export { invalidInput, nearestKey } from './messages/invalid-input'
export { type NamedPath, namedPaths } from './messages/named-paths'
export { BoardName, InferenceName, isName, NAME_PATTERN, NAME_RULE } from './messages/names'
export { type KeysOf, type OptionKeys, requireKnownKeys } from './messages/option-keys'
export type { RequestHeader, SystemMetadata } from './messages/request-header'
export type { PartHeader, ResultHeader } from './messages/result-header'
export type { StartedHeader } from './messages/started'
