import { expectTypeOf } from 'vitest'
import {
  type ByteRequest,
  Connector,
  type ConnectorOptions,
  container_log_util,
  type ImageRequest,
  type InferenceResponse,
  LogLevel,
  type NdArray,
  type ReceivedRequest,
} from '../src/index'

// What a container's program sees. Checked by `tsc`, never run.

const connector = await Connector.open({ subName: 'digits', hostIp: '127.0.0.1', pubPort: 1, subPort: '2' })
expectTypeOf(Connector.open).parameters.toEqualTypeOf<[options?: ConnectorOptions]>()
expectTypeOf(connector).toExtend<AsyncDisposable>()
// @ts-expect-error: only `open` makes one
new Connector({})

expectTypeOf(connector.receiveRequest({ timeout: 1 })).resolves.toEqualTypeOf<ByteRequest>()
expectTypeOf(connector.receiveRequestImage()).resolves.toEqualTypeOf<ImageRequest>()
expectTypeOf<ByteRequest['data']>().toEqualTypeOf<Uint8Array>()
expectTypeOf<ImageRequest['image']>().toEqualTypeOf<NdArray>()

declare const response: InferenceResponse
expectTypeOf(connector.sendResponse).toBeCallableWith({ any: ['result', new Uint8Array()] }, response)
// @ts-expect-error: which request does it answer?
connector.sendResponse('result')

for await (const request of connector.requests()) {
  expectTypeOf(request).toEqualTypeOf<ReceivedRequest>()
  expectTypeOf(request.signal).toEqualTypeOf<AbortSignal>()
  expectTypeOf(request.response.metadata).toEqualTypeOf<Record<string, unknown>>()
}
expectTypeOf(connector.serve(({ data }) => data.length, { concurrency: 2, handleSignals: false })).resolves.toBeVoid()
expectTypeOf(connector.serve(async ({ image }) => image.shape)).resolves.toBeVoid()
expectTypeOf(connector.ready()).toBeVoid()
expectTypeOf(connector.close({ drainMs: 1 })).resolves.toBeVoid()

container_log_util.log_setting('digits', LogLevel.INFO)
for (const name of ['debug', 'info', 'warning', 'error', 'critical'] as const) {
  expectTypeOf(container_log_util[name]).toEqualTypeOf<(msg: string, code?: number) => void>()
}
expectTypeOf(container_log_util.exception).toEqualTypeOf<(msg: string, code?: number, error?: unknown) => void>()
