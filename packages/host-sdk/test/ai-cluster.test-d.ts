import { expectTypeOf } from 'vitest'
import {
  AICluster,
  type CallOptions,
  type ClusterMetrics,
  type ConnectOptions,
  type ContainerHandler,
  type ContainerLog,
  type ContainerStatus,
  type CoprocessorHandler,
  type CoprocessorImages,
  type InferCallback,
  type InferenceResponse,
  type InferenceResult,
  type ManageCallback,
  type NdArray,
  type ProgressEvent,
  type QueueInfo,
} from '../src/index'

// What a user's code sees of AICluster. Checked by `tsc`, never run.

const cluster = await AICluster.connect()
const bytes = new Uint8Array()
declare const image: NdArray
const told: ManageCallback = () => {}
const inferred: InferCallback = () => {}
const signal = AbortSignal.timeout(1)

expectTypeOf(AICluster.connect).toEqualTypeOf<(options?: ConnectOptions) => Promise<AICluster>>()
expectTypeOf(cluster).toExtend<AsyncDisposable>()
// @ts-expect-error: only `connect` makes one
new AICluster({})
// @ts-expect-error: its insides are nobody's business
void cluster.life

expectTypeOf(cluster.loadInference({ name: 'a' }, 'all')).resolves.toEqualTypeOf<ContainerHandler[]>()
expectTypeOf(cluster.loadInference([{ name: 'a' }], ['board1'], { signal, timeout: 1, onProgress() {} })).resolves.toBeArray()
expectTypeOf(cluster.loadInferenceAsync({ name: 'a' }, 'all', told)).toBeString()
// @ts-expect-error: an unknown key of a config
cluster.loadInference({ name: 'a', maxSendNumber: 1 }, 'all')
// @ts-expect-error: the boards are missing
cluster.loadInference({ name: 'a' })

expectTypeOf(cluster.unloadInference({ inferenceName: 'a', deleteImage: false, drainMs: 1, signal })).resolves.toExtend<
  ContainerHandler[]
>()
expectTypeOf(cluster.unloadInference()).resolves.toHaveProperty('images')
// @ts-expect-error: a ported positional filter
cluster.unloadInference('cop1')
expectTypeOf(cluster.unloadInferenceAsync({ coprocessorName: 'b' })).toBeString()

expectTypeOf(cluster.reloadInference('a', { onProgress() {} })).resolves.toEqualTypeOf<ContainerHandler[]>()
expectTypeOf(cluster.reloadInferenceAsync('a', told)).toBeString()

expectTypeOf(cluster.getCoprocessorHandler('a')).resolves.toEqualTypeOf<CoprocessorHandler[]>()
expectTypeOf(cluster.getCoprocessorHandlerAsync()).toBeString()
expectTypeOf(cluster.getCoprocessorImages()).resolves.toEqualTypeOf<CoprocessorImages[]>()
expectTypeOf(cluster.getCoprocessorImagesAsync('a', told)).toBeString()
expectTypeOf(cluster.getContainerHandler()).resolves.toEqualTypeOf<ContainerHandler[]>()
expectTypeOf(cluster.getContainerHandlerAsync('', told)).toBeString()
expectTypeOf(cluster.getContainerStatus('a', { timeout: 1 })).resolves.toEqualTypeOf<ContainerStatus[]>()
expectTypeOf(cluster.getContainerStatusAsync()).toBeString()
expectTypeOf(cluster.getContainerLog('a-1', { lines: 1, after: 'x', signal })).resolves.toEqualTypeOf<ContainerLog>()
expectTypeOf(cluster.getMetrics()).resolves.toEqualTypeOf<ClusterMetrics>()

expectTypeOf(cluster.inferImage('a', image, { any: 1 }, { copy: true, signal })).resolves.toBeUnknown()
expectTypeOf(cluster.inferImageAsync('a', image, '{}', inferred)).toBeString()
expectTypeOf(cluster.infer('a', bytes, '{}')).resolves.toEqualTypeOf<InferenceResult>()
expectTypeOf(cluster.infer('a', Buffer.from('x')))
  .resolves.toHaveProperty('response')
  .toEqualTypeOf<InferenceResponse>()
expectTypeOf(cluster.inferAsync('a', bytes)).toBeString()
// @ts-expect-error: text is not bytes
cluster.infer('a', 'text')
expectTypeOf(cluster.inferVoice).returns.resolves.toBeNever()
expectTypeOf(cluster.inferTextAsync).returns.toBeNever()

expectTypeOf(cluster.putFile('a', { script: '/s', model: ['/m'] }, { onProgress() {} })).resolves.toBeVoid()
expectTypeOf(cluster.putFileAsync('a', { other: '/o' }, told)).toBeString()
// @ts-expect-error: not a kind of file
cluster.putFile('a', { modle: '/m' })

expectTypeOf(cluster.getQueueInfo({ requestNo: '1', pid: 1, limit: 2, after: 3, signal })).resolves.toEqualTypeOf<QueueInfo[]>()
expectTypeOf(cluster.getQueueInfo({ requestNo: 1 })).resolves.toBeArray()
expectTypeOf(cluster.getQueueInfoAsync({}, told)).toBeString()
expectTypeOf(cluster.queueEntries()).toEqualTypeOf<AsyncGenerator<QueueInfo, void, undefined>>()
expectTypeOf(cluster.deleteQueue({ inferenceName: 'a', forceDelete: true, timeout: 1 })).resolves.toEqualTypeOf<QueueInfo[]>()
expectTypeOf(cluster.deleteQueueAsync({ pid: 1 }, told)).toBeString()
// @ts-expect-error: a ported positional filter
cluster.deleteQueue('a')

expectTypeOf(cluster.connectAICluster).parameters.toEqualTypeOf<[options?: CallOptions]>()
expectTypeOf(cluster.waitForRoom(1, { signal })).resolves.toBeVoid()
expectTypeOf(cluster.shutdown({ stopContainers: false, timeout: 1 })).resolves.toBeVoid()
expectTypeOf(cluster.release({ drainMs: 1 })).resolves.toBeVoid()
expectTypeOf(cluster.setCallback({ inferCallback: null, manageCallback: told })).toBeVoid()
cluster.setLogger(console)
expectTypeOf(cluster.getLogger()).toHaveProperty('debug')

cluster.on('progress', (progress) => expectTypeOf(progress).toEqualTypeOf<ProgressEvent>())
cluster.on('containerDisconnected', ({ code }) => expectTypeOf(code).toBeNumber())
// @ts-expect-error: no such event
cluster.on('gone', () => {})
