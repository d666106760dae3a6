export {
  AIClusterError,
  ConnectionFailedError,
  ContainerReceiveTimeoutError,
  type DType,
  ERROR_CODES,
  INFERENCE_RESPONSE_TIMES,
  InferenceResponse,
  InvalidArgumentError,
  type NdArray,
  type NdArrayData,
  RequestAbortedError,
  SocketConnectionError,
  UnknownError,
} from '@aicluster/protocol'
export { type CloseOptions, Connector, type ReceiveBatchOptions, type ReceiveOptions, type ServeOptions } from './connector'
export type { ConnectorOptions } from './connector-options'
export { container_log_util, LogLevel } from './container-log-util'
export type { PublishOptions } from './publisher'
export type { ByteRequest, ImageRequest, ReceivedRequest } from './received-request'
export type { RequestHandler } from './serve-loop'
