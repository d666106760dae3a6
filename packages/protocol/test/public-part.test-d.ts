import { expectTypeOf } from 'vitest'
import {
  AIClusterError,
  asAIClusterError,
  type CommandInput,
  type CommandName,
  type CommandOf,
  type ContainerStatusView,
  clusterError,
  type DType,
  ERROR_CODES,
  type ErrorKey,
  encodeMsgpack,
  type NdArray,
  ndArrayFrom,
  QueueDeletedError,
  RecordKind,
} from '../src/index'

// What the SDKs hand on to users, and what both ends of the wire agree on. Checked by `tsc`, never run.

expectTypeOf<NdArray>().toExtend<{ dtype: DType; shape: number[] }>()
expectTypeOf<'uint8' | 'float32' | 'bool' | 'int64' | 'float16'>().toExtend<DType>()
// @ts-expect-error: not a type of numpy's
const complex: DType = 'complex64'
void complex
expectTypeOf(ndArrayFrom({ dtype: 'uint8', shape: [1] }, new Uint8Array(1))).toEqualTypeOf<NdArray>()

expectTypeOf(clusterError('sendQueueFull', { detail: 'x', details: { any: 1 } })).toEqualTypeOf<AIClusterError>()
// @ts-expect-error: no row of the table
clusterError('unheardOf')
expectTypeOf(asAIClusterError).toEqualTypeOf<(error: unknown) => AIClusterError>()
expectTypeOf(new QueueDeletedError('queueDeleted')).toExtend<Error>()
expectTypeOf(new AIClusterError('internal').toJSON()).toEqualTypeOf<Record<string, unknown>>()
expectTypeOf<(typeof ERROR_CODES)[ErrorKey]['code']>().toExtend<number>()
expectTypeOf(ERROR_CODES.queueDeleted.code).toEqualTypeOf<310>()

expectTypeOf<'load_inference' | 'get_queue_info' | 'delete_queue' | 'put_file' | 'start' | 'stop'>().toExtend<CommandName>()
expectTypeOf<CommandOf<'delete_queue'>['force_delete']>().toBeBoolean()
expectTypeOf<CommandInput<'delete_queue'>['force_delete']>().toEqualTypeOf<boolean | undefined>()
expectTypeOf<CommandInput<'get_queue_info'>['limit']>().toEqualTypeOf<number | undefined>()
expectTypeOf<ContainerStatusView['sendTimeout' & keyof ContainerStatusView]>().toBeNever()
expectTypeOf<ContainerStatusView['send_timeout']>().toEqualTypeOf<number | 'never'>()

expectTypeOf(RecordKind.progress).toEqualTypeOf<36>()
expectTypeOf(encodeMsgpack).toEqualTypeOf<(value: unknown) => Uint8Array>()
