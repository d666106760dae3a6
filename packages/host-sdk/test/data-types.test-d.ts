import { expectTypeOf } from 'vitest'
import {
  type AIClusterError,
  type ContainerConfig,
  type ContainerDistributionStatus,
  ContainerHandler,
  type ContainerStatus,
  type CoprocessorHandler,
  type CoprocessorImages,
  ERROR_CODES,
  type InferenceModulesConfig,
  InferenceResponse,
  type ManageCallback,
  PermissionError,
  type ProgressEvent,
  type QueueInfo,
  SendQueueFullError,
} from '../src/index'

// The attributes of chapter 7 and the methods of chapters 3 and 4, as a user's code sees them. Checked by `tsc`, never run.

type Attributes<T> = keyof { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: T[K] }
const told: ManageCallback = () => {}

type SeedConfig =
  | 'name'
  | 'implementationType'
  | 'input'
  | 'output'
  | 'sendTimeout'
  | 'waitQueueTimeout'
  | 'forceUpdate'
  | 'maxSendNum'
  | 'scriptPath'
  | 'inferenceModules'
  | 'imagePath'
  | 'imageFilename'
  | 'imageTag'
  | 'runCommand'
  | 'runOption'
  | 'copy'
expectTypeOf<SeedConfig>().toExtend<keyof ContainerConfig>()
expectTypeOf<{ name: string }>().toExtend<ContainerConfig>()
// @ts-expect-error: the name is required
const nameless: ContainerConfig = {}
void nameless

expectTypeOf<Attributes<InferenceModulesConfig>>().toEqualTypeOf<'subInferenceName' | 'scriptTag' | 'modelTag' | 'script' | 'model'>()

expectTypeOf<Attributes<InferenceResponse>>().toEqualTypeOf<
  'pid' | 'tid' | 'requestNo' | 'inferenceName' | 'metadata' | 'metadataSys' | 'subInferenceName' | 'timeStamp' | 'elapsedTime'
>()
expectTypeOf(new InferenceResponse().requestNo).toBeString()

expectTypeOf<Attributes<CoprocessorHandler>>().toEqualTypeOf<
  'name' | 'ip' | 'driver' | 'state' | 'since' | 'reason' | 'labels' | 'engineVersion' | 'architecture' | 'resources' | 'telemetry'
>()
expectTypeOf<Attributes<CoprocessorImages>>().toEqualTypeOf<'name' | 'ip' | 'images'>()
expectTypeOf<CoprocessorImages['images'][number]>().toEqualTypeOf<{ id: string; tags: string[]; size: number; created: string }>()
expectTypeOf<ContainerDistributionStatus>().toEqualTypeOf<{
  readonly name: string
  readonly suffixName: string
  readonly distribution: 'on' | 'off'
}>()
expectTypeOf<Attributes<QueueInfo>>().toEqualTypeOf<
  'requestNo' | 'inferenceName' | 'pid' | 'mngQueueIn' | 'host' | 'state' | 'suffixName' | 'own' | 'order'
>()

type SeedHandler =
  | 'name'
  | 'suffixName'
  | 'imagePath'
  | 'imageFile'
  | 'imageTag'
  | 'runCommand'
  | 'runOption'
  | 'allocatedCoprocessor'
  | 'maxSendNum'
  | 'hostLocation'
  | 'implementationType'
  | 'input'
  | 'output'
  | 'sendTimeout'
  | 'waitQueueTimeout'
  | 'scriptPath'
  | 'inferenceModules'
  | 'copy'
expectTypeOf<Attributes<ContainerHandler>>().toEqualTypeOf<SeedHandler>()

type Measured =
  | 'cpuProc'
  | 'memUsage'
  | 'memProc'
  | 'netIo'
  | 'blockIo'
  | 'created'
  | 'status'
  | 'ports'
  | 'connectStatus'
  | 'operate'
  | 'queueNum'
  | 'sendDataNum'
type Ours = 'cpuPercent' | 'memBytes' | 'memPercent' | 'pid' | 'restarts' | 'distributionOff'
expectTypeOf<Attributes<ContainerStatus>>().toEqualTypeOf<SeedHandler | Measured | Ours>()
expectTypeOf<ContainerStatus['operate']>().toEqualTypeOf<'Free' | 'Busy' | 'Unknown'>()

declare const board: CoprocessorHandler
expectTypeOf(board.startDistribution('a', { timeout: 1 })).resolves.toEqualTypeOf<ContainerDistributionStatus[]>()
expectTypeOf(board.stopDistribution()).resolves.toEqualTypeOf<ContainerDistributionStatus[]>()
expectTypeOf(board.addInference('a', { onProgress() {} })).resolves.toEqualTypeOf<ContainerHandler[]>()
expectTypeOf(board.getImages()).resolves.toEqualTypeOf<CoprocessorImages[]>()
expectTypeOf(board.startDistributionAsync('a', told)).toBeString()
expectTypeOf(board.stopDistributionAsync()).toBeString()
expectTypeOf(board.addInferenceAsync('a', told)).toBeString()
expectTypeOf(board.getImagesAsync(told)).toBeString()
// @ts-expect-error: which inference?
void board.addInference()

declare const container: ContainerHandler
expectTypeOf(container.startDistribution()).resolves.toEqualTypeOf<ContainerDistributionStatus>()
expectTypeOf(container.stopDistribution('a')).resolves.toEqualTypeOf<ContainerDistributionStatus>()
expectTypeOf(container.start({ onProgress() {} })).resolves.toEqualTypeOf<ContainerStatus>()
expectTypeOf(container.stop({ timeout: 1 })).resolves.toEqualTypeOf<ContainerStatus>()
expectTypeOf(container.startDistributionAsync('a', told)).toBeString()
expectTypeOf(container.stopDistributionAsync(undefined, told)).toBeString()
expectTypeOf(container.startAsync()).toBeString()
expectTypeOf(container.stopAsync(told)).toBeString()
// @ts-expect-error: only the cluster makes handlers
new ContainerHandler({})

expectTypeOf<ProgressEvent['bytesDone']>().toEqualTypeOf<number | undefined>()
expectTypeOf<Parameters<ManageCallback>>().toEqualTypeOf<
  [code: number, message: string, cmd: string, result: unknown, requestNo: string | undefined]
>()

declare const failure: unknown
if (failure instanceof SendQueueFullError) {
  expectTypeOf(failure).toExtend<AIClusterError>()
  expectTypeOf(failure.code).toBeNumber()
  expectTypeOf(failure.retryable).toBeBoolean()
  expectTypeOf(failure.details).toEqualTypeOf<Readonly<Record<string, unknown>>>()
}
expectTypeOf(new PermissionError('permission').requestNo).toEqualTypeOf<string | undefined>()
expectTypeOf(ERROR_CODES.sendQueueFull.code).toEqualTypeOf<305>()
