import {
  ContainerHandler,
  ContainerStatus,
  CoprocessorHandler,
  type InferCallback,
  InferenceResponse,
  type ManageCallback,
} from '@aicluster/host-sdk'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Recorder } from './recorder'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)
const manageRecorder = () => new Recorder<Parameters<ManageCallback>>()
const inferRecorder = () => new Recorder<Parameters<InferCallback>>()

describe('calls with a callback', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld()
  })
  afterEach(async () => {
    world.cluster.setCallback({ inferCallback: null, manageCallback: null })
    await world.settle()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('tell code 0, the API name, the result and the request number of a load, a look and an unload', async () => {
    const { cluster } = world
    const told = manageRecorder()

    const load = cluster.loadInferenceAsync(world.config('echo', 'told'), 'all', told.callback)
    expect(await told.call(1)).toEqual([0, '', 'load_inference', [expect.any(ContainerHandler), expect.any(ContainerHandler)], load])

    const look = cluster.getContainerHandlerAsync('told', told.callback)
    expect(await told.call(2)).toEqual([0, '', 'get_container_handler', [expect.any(ContainerHandler), expect.any(ContainerHandler)], look])

    const status = cluster.getContainerStatusAsync('told', told.callback)
    expect(await told.call(3)).toEqual([0, '', 'get_container_status', [expect.any(ContainerStatus), expect.any(ContainerStatus)], status])

    const boards = cluster.getCoprocessorHandlerAsync('told', told.callback)
    expect(await told.call(4)).toEqual([
      0,
      '',
      'get_coprocessor_handler',
      [expect.any(CoprocessorHandler), expect.any(CoprocessorHandler)],
      boards,
    ])

    const unload = cluster.unloadInferenceAsync({ inferenceName: 'told' }, told.callback)
    expect(await told.call(5)).toEqual([0, '', 'unload_inference', [], unload])
    const numbers = [load, look, status, boards, unload].map(Number)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    expect(told.calls).toHaveLength(5)
  })

  it('tell code and message of what the cluster refuses', async () => {
    const told = manageRecorder()
    const inferred = inferRecorder()

    const load = world.cluster.loadInferenceAsync(world.config('echo', 'no'), 'board7', told.callback)
    const infer = world.cluster.inferAsync('unknown', BODY, {}, inferred.callback)

    expect(await told.call()).toEqual([304, expect.stringContaining('board7'), 'load_inference', undefined, load])
    expect(await inferred.call()).toEqual([400, expect.stringContaining('unknown'), undefined, undefined, infer])
  })

  it('never run before the call has returned', async () => {
    await world.load('echo', 'order')
    const events: string[] = []

    world.cluster.inferAsync('order', BODY, {}, () => events.push('infer callback'))
    world.cluster.getContainerHandlerAsync('order', () => events.push('manage callback'))
    events.push('returned')

    await expect.poll(() => events.length).toBe(3)
    expect(events[0]).toBe('returned')
  })

  it('go to the common callbacks when they bring none of their own', async () => {
    await world.load('echo', 'common')
    const [manage, infer, own] = [manageRecorder(), inferRecorder(), inferRecorder()]
    world.cluster.setCallback({ manageCallback: manage.callback, inferCallback: infer.callback })

    const look = world.cluster.getContainerHandlerAsync('common')
    const one = world.cluster.inferAsync('common', BODY, { as: 'bytes' })
    const two = world.cluster.inferAsync('common', BODY, { as: 'bytes' }, own.callback)

    expect((await manage.call())[4]).toBe(look)
    expect(await infer.call()).toEqual([0, '', expect.any(Uint8Array), expect.any(InferenceResponse), one])
    expect((await own.call())[4]).toBe(two)
    expect(infer.calls).toHaveLength(1)
  })

  it('keep the common callback that setCallback leaves out, and lose the one it sets to null', async () => {
    await world.load('echo', 'kept')
    const [manage, infer] = [manageRecorder(), inferRecorder()]
    world.cluster.setCallback({ manageCallback: manage.callback, inferCallback: infer.callback })

    world.cluster.setCallback({ inferCallback: null })

    world.cluster.getContainerHandlerAsync('kept')
    await manage.call()
    expect(() => world.cluster.inferAsync('kept', BODY)).toThrow(expect.objectContaining({ code: 100 }))
    world.cluster.setCallback({})
    world.cluster.getContainerHandlerAsync('kept')
    await manage.call(2)
    expect(infer.calls).toEqual([])
  })

  it('that throw harm nobody: it is logged, and what follows goes on', async () => {
    const logged: unknown[] = []
    const note = (...args: unknown[]) => void logged.push(args)
    await using cluster = await world.connect({ logger: { debug: note, info: note, warn: note, error: note } })
    await world.load('echo', 'thrower')

    cluster.inferAsync('thrower', BODY, {}, () => {
      throw new Error('a bug in the application')
    })

    await expect.poll(() => JSON.stringify(logged)).toContain('a callback threw')
    await expect(cluster.infer('thrower', BODY)).resolves.toMatchObject({ result: { container: 'thrower-board1' } })
  })

  it('hear 111 when the connection is released before their outcome', async () => {
    await world.load('gated', 'released')
    const cluster = await world.connect()
    const [infer, manage] = [inferRecorder(), manageRecorder()]
    const inferNo = cluster.inferAsync('released', BODY, {}, infer.callback)
    await world.until('released', { held: 1 })
    const manageNo = cluster.unloadInferenceAsync({ inferenceName: 'released', drainMs: 5_000 }, manage.callback)
    // Two links have no common order, commands of one link have: with the answer to this one the unload has come too.
    await cluster.getContainerHandler('released')

    await cluster.release()

    expect(await infer.call()).toEqual([111, expect.stringContaining('released'), undefined, undefined, inferNo])
    expect(await manage.call()).toEqual([111, expect.stringContaining('released'), 'unload_inference', undefined, manageNo])
    // The drain goes on without its application.
    world.gates.openAll()
    await expect.poll(() => world.inferenceFiles, { timeout: 10_000 }).toEqual([])
  })
})
