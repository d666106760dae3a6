import { AIClusterError, type ContainerConfig, InvalidArgumentError, type NdArray } from '@aicluster/host-sdk'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)
const IMAGE: NdArray = { dtype: 'uint8', shape: [1], data: BODY }
const LOOP: ContainerConfig = { name: 'other', implementationType: 'Loop' }

/** What a plain JavaScript program may hand over. */
const any = (value: unknown) => value as never

describe('a request with something wrong', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld({ config: { limits: { max_body_bytes: 100_000, max_header_bytes: 8_192 } } })
    await world.cluster.loadInference(
      [
        { name: 'loop', implementationType: 'Loop' },
        { name: 'none', implementationType: 'Loop', input: 'None', output: 'Main' },
      ],
      'all',
    )
  })
  afterEach(() => world.atRest())
  afterAll(() => world[Symbol.asyncDispose]())

  it('for an unknown inference is 400 and names it', async () => {
    await expect(world.cluster.infer('unknown', BODY)).rejects.toMatchObject({
      code: 400,
      name: 'InferenceNameNotFoundError',
      message: expect.stringContaining('"unknown"'),
      requestNo: expect.stringMatching(/^\d+$/),
    })
  })

  it('for an inference without input is 403 and says what to set', async () => {
    await expect(world.cluster.infer('none', BODY)).rejects.toMatchObject({
      code: 403,
      name: 'InvalidInferenceNameError',
      message: expect.stringMatching(/none does not accept data.*set input: 'Main' and output: 'Main'/),
    })
  })

  it.each([
    ['name', (c: World['cluster']) => c.infer(any(undefined), BODY), /inferenceName is required/],
    ['name, empty', (c: World['cluster']) => c.infer('', BODY), /inferenceName is required/],
    ['data', (c: World['cluster']) => c.infer('loop', any(undefined)), /data is required/],
    ['image', (c: World['cluster']) => c.inferImage('loop', any(null)), /image is required/],
    ['config', (c: World['cluster']) => c.loadInference(any(undefined), 'all'), /containerConfig is required/],
    ['config, empty list', (c: World['cluster']) => c.loadInference([], 'all'), /containerConfig is required/],
    ['board', (c: World['cluster']) => c.loadInference(LOOP, any(undefined)), /coprocessorName is required/],
    ['board, empty list', (c: World['cluster']) => c.loadInference(LOOP, []), /coprocessorName is required/],
  ])('without its %s is 100', async (_what, call, message) => {
    await expect(call(world.cluster)).rejects.toMatchObject({
      code: 100,
      name: 'InvalidArgumentError',
      message: expect.stringMatching(message),
    })
  })

  it.each([
    ['a name', (c: World['cluster']) => c.inferAsync(any(undefined), BODY, {}, () => {}), /inferenceName/],
    ['data', (c: World['cluster']) => c.inferAsync('loop', any(undefined), {}, () => {}), /data/],
    ['an image', (c: World['cluster']) => c.inferImageAsync('loop', any(undefined), {}, () => {}), /image/],
    ['a config', (c: World['cluster']) => c.loadInferenceAsync(any(undefined), 'all', () => {}), /containerConfig/],
    ['a callback for infer', (c: World['cluster']) => c.inferAsync('loop', BODY), /callback/],
    ['a callback for inferImage', (c: World['cluster']) => c.inferImageAsync('loop', IMAGE), /callback/],
    ['a callback for loadInference', (c: World['cluster']) => c.loadInferenceAsync(LOOP, 'all'), /callback/],
    ['a callback for unloadInference', (c: World['cluster']) => c.unloadInferenceAsync({}), /callback/],
    ['a callback for getContainerHandler', (c: World['cluster']) => c.getContainerHandlerAsync(), /callback/],
    ['a callback for getContainerStatus', (c: World['cluster']) => c.getContainerStatusAsync(), /callback/],
  ])('without %s, in its Async form, throws 100 at once and sends nothing', async (_what, call, message) => {
    const before = await world.counter('requests_received_total')
    const error = thrownBy(() => call(world.cluster))

    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(error).toMatchObject({ code: 100, message: expect.stringMatching(message) })
    expect(await world.counter('requests_received_total')).toBe(before)
    expect((await world.cluster.getContainerHandler()).map(({ name }) => name)).not.toContain('other')
  })

  it.each(['{"broken"', '[1]', '7', '"text"', 'null'])('with the string %s as param is 200', async (param) => {
    await expect(world.cluster.infer('loop', BODY, param)).rejects.toMatchObject({ code: 200, message: expect.stringContaining('param') })
    expect(thrownBy(() => world.cluster.inferAsync('loop', BODY, param, () => {}))).toMatchObject({ code: 200 })
  })

  it.each([7, true, [1], BODY])('with %o as param is 302', async (param) => {
    await expect(world.cluster.infer('loop', BODY, any(param))).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('param is'),
    })
  })

  it.each(['text', 5, [1, 2], { dtype: 'uint8' }, Float32Array.of(1)])('with %o as data is 302', async (data) => {
    await expect(world.cluster.infer('loop', any(data))).rejects.toMatchObject({
      code: 302,
      message: expect.stringMatching(/data is .*must be a Uint8Array/),
    })
  })

  it.each([
    [BODY, 'must be an NdArray'],
    [{ dtype: 'uint9', shape: [1], data: BODY }, 'must be an NdArray'],
    [{ dtype: 'float32', shape: [1], data: BODY }, 'has dtype float32 but its data is a Uint8Array'],
    [{ dtype: 'uint8', shape: [2, 2], data: BODY }, 'of uint8 [2, 2] needs 4 bytes of data, it has 1'],
    [{ dtype: 'uint8', shape: [-1], data: BODY }, 'image'],
  ])('with %o as image is 302', async (image, message) => {
    await expect(world.cluster.inferImage('loop', any(image))).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining(message),
    })
  })

  it('with data beyond the limit is 302 with both sizes; at the limit it goes through', async () => {
    await expect(world.cluster.infer('loop', new Uint8Array(100_001))).rejects.toMatchObject({
      code: 302,
      message: expect.stringMatching(/100001 bytes.*100000 \(limits\.max_body_bytes\)/),
    })
    const { result } = await world.cluster.infer('loop', new Uint8Array(100_000))
    expect((result as Uint8Array).length).toBe(100_000)
  })

  it('with param beyond the limit is 302, and what nearly fills it goes through', async () => {
    await expect(world.cluster.infer('loop', BODY, { text: 'x'.repeat(8_192) })).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('limits.max_header_bytes'),
    })
    const { response } = await world.cluster.infer('loop', BODY, { text: 'x'.repeat(8_000) })
    expect(response.metadata).toEqual({ text: 'x'.repeat(8_000) })
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5'])('with the timeout %o is 302', async (timeout) => {
    await expect(world.cluster.infer('loop', BODY, {}, { timeout: any(timeout) })).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('timeout'),
    })
  })

  it('with a positional string where options belong is 302, and unloads nothing', async () => {
    await expect(world.cluster.unloadInference(any('board1'))).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('"board1"'),
    })
    expect(thrownBy(() => world.cluster.unloadInferenceAsync(any('loop'), () => {}))).toMatchObject({ code: 302 })

    expect(await world.cluster.getContainerHandler()).toHaveLength(4)
  })

  it.each([
    ['getContainerHandler', (c: World['cluster']) => c.getContainerHandler('unknown')],
    ['getContainerStatus', (c: World['cluster']) => c.getContainerStatus('unknown')],
    ['getCoprocessorHandler', (c: World['cluster']) => c.getCoprocessorHandler('unknown')],
    ['unloadInference', (c: World['cluster']) => c.unloadInference({ inferenceName: 'unknown' })],
  ])('for an unknown inference to %s is 300 and lists what is registered', async (_what, call) => {
    await expect(call(world.cluster)).rejects.toMatchObject({ code: 300, message: expect.stringMatching(/unknown.*loop, none/) })
  })

  it('to unload from an unknown board is 304', async () => {
    await expect(world.cluster.unloadInference({ coprocessorName: 'board7' })).rejects.toMatchObject({ code: 304 })
    expect(await world.cluster.getContainerHandler()).toHaveLength(4)
  })

  it('is always one of our errors, with its stable JSON form', async () => {
    const error = await world.cluster.infer('unknown', BODY).catch((thrown: unknown) => thrown)

    expect(error).toBeInstanceOf(AIClusterError)
    expect(error).not.toBeInstanceOf(InvalidArgumentError)
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ name: 'InferenceNameNotFoundError', code: 400, details: {} })
  })
})

function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
