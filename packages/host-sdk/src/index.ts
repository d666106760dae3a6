export {
  AIClusterError,
  type AIClusterErrorOptions,
  ApiConflictError,
  ConnectionFailedError,
  ContainerDisconnectError,
  ContainerNotFoundError,
  ContainerReceiveTimeoutError,
  ContainerStartError,
  CoprocessorNotFoundError,
  type DType,
  ERROR_CODES,
  INFERENCE_RESPONSE_TIMES,
  InferenceNameNotFoundError,
  InferenceResponse,
  InferenceUnsubscribeError,
  InvalidArgumentError,
  InvalidInferenceNameError,
  InvalidOperationError,
  type NdArray,
  type NdArrayData,
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
} from '@aicluster/protocol'
export { AICluster } from './ai-cluster'
export type { CallOptions, InferOptions, LongCallOptions, ReleaseOptions } from './call-options'
export type { CallbackOptions, InferCallback, ManageCallback } from './callbacks'
export type { AddBoardOptions, BoardEntry, BoardFilter, ProbeBoardOptions, RemoveBoardOptions } from './commands/board-options'
export type { ShutdownOptions, UnloadOptions } from './commands/command-contents'
export type { FileInfo } from './commands/put-file-command'
export type { DeleteQueueOptions, QueueFilter, QueueInfoOptions } from './commands/queue-options'
export type { ContainerConfig, CopyEntry, InferenceEndpoint, InferenceModulesConfig } from './config/container-config'
export type { ClusterAddress, ConnectOptions } from './connection/connect-options'
export type { ClusterEventMap } from './events'
export type { BoardFacts, BoardProbe, BoardProblem, HostKey, TrustedKey } from './handlers/board-probe'
export type { BoardTelemetry, GpuTelemetry } from './handlers/board-telemetry'
export type { ClusterMetrics } from './handlers/cluster-metrics'
export { ContainerDistributionStatus } from './handlers/container-distribution-status'
export { ContainerHandler } from './handlers/container-handler'
export type { ContainerLog, ContainerLogOptions } from './handlers/container-log'
export { ContainerStatus } from './handlers/container-status'
export { CoprocessorHandler } from './handlers/coprocessor-handler'
export { type CoprocessorImage, CoprocessorImages } from './handlers/coprocessor-images'
export { QueueInfo } from './handlers/queue-info'
export type { ForgottenContainer, ImageRemoval, RemainingContainers, RemovedBoard } from './handlers/remaining-containers'
export type { Logger } from './logger'
export type { ProgressEvent } from './progress-event'
export type { InferenceResult } from './requests/inference-result'
export type { InferenceStream } from './streams/part-reader'
export type { PublishedResult } from './subscriptions/read-publication'
export { Subscription } from './subscriptions/subscription'
export type { SubscribeOptions } from './subscriptions/subscriptions'
