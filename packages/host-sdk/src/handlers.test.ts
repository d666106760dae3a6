import { inspect } from 'node:util'
import { clusterError } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it, vi } from 'vitest'
import { FakeWorld } from '../test/fake-world'
import { handlerView, statusView } from '../test/views'
import { ContainerDistributionStatus, ContainerHandler, ContainerStatus, type CoprocessorHandler, CoprocessorImages } from './index'

const BOARD_VIEW = {
  name: 'board1',
  ip: '10.0.0.2',
  driver: 'ssh',
  state: 'up',
  since: '2026-01-01T00:00:00.000Z',
  reason: null,
  labels: { gpu: 'orin' },
  engine_version: '20.10.24',
  architecture: 'arm64',
  resources: { cpus: 8, memory_bytes: 2 ** 33, gpus: 1 },
  telemetry: {
    at: '2026-01-01T00:00:10.000Z',
    cpus: 8,
    load: [1, 0.5, 0.25],
    memory_total_bytes: 2 ** 33,
    memory_used_bytes: 2 ** 32,
    disk_total_bytes: null,
    disk_free_bytes: null,
    temperature_celsius: 41.5,
    gpus: [{ name: 'Orin', index: 0, use_percent: 40, memory_total_bytes: null, memory_used_bytes: null, temperature_celsius: 42 }],
  },
}

const IMAGES = [{ name: 'board1', ip: '10.0.0.2', images: [{ id: 'sha256:1', tags: ['a:1'], size: 5, created: '2026-01-02T03:04:05Z' }] }]
const DISTRIBUTION = [{ name: 'digits', suffix_name: 'digits-1', distribution: 'off' }]

const REPLIES: Record<string, unknown> = {
  get_coprocessor_handler: [BOARD_VIEW],
  get_container_handler: [handlerView('digits')],
  get_container_status: [statusView('digits')],
  start_distribution: DISTRIBUTION,
  stop_distribution: DISTRIBUTION,
  add_inference: [handlerView('digits'), handlerView('faces')],
  get_images: IMAGES,
  get_coprocessor_images: IMAGES,
  start: statusView('digits'),
  stop: statusView('digits'),
}

async function startWithHandlers() {
  const world = await FakeWorld.start()
  world.manager.answerCommands(({ cmd }) => REPLIES[cmd as string])
  const [board] = await world.cluster.getCoprocessorHandler()
  const [container] = await world.cluster.getContainerHandler()
  const sent = () => world.manager.commands.slice(2).map(({ content }) => content)
  return Object.assign(world, { board: board as CoprocessorHandler, container: container as ContainerHandler, sent })
}

const BOARD = { coprocessor_name: 'board1' }
const CONTAINER = { ...BOARD, suffix_name: 'digits-1' }

/** Each method of the two handlers: how it is called, what it sends, what it resolves to. */
type World = Awaited<ReturnType<typeof startWithHandlers>>
type Callback = (...args: unknown[]) => void
interface Row {
  method: string
  call(world: World): Promise<unknown>
  callAsync(world: World, callback: Callback): string
  sends: Record<string, unknown>
  result: unknown
}
const list = (...classes: unknown[]) => classes.map((each) => expect.any(each))

const ROWS: Row[] = [
  {
    method: 'board.startDistribution',
    call: ({ board }) => board.startDistribution('digits'),
    callAsync: ({ board }, callback) => board.startDistributionAsync('digits', callback),
    sends: { cmd: 'start_distribution', ...BOARD, inference_name: 'digits' },
    result: list(ContainerDistributionStatus),
  },
  {
    method: 'board.stopDistribution',
    call: ({ board }) => board.stopDistribution(),
    callAsync: ({ board }, callback) => board.stopDistributionAsync('', callback),
    sends: { cmd: 'stop_distribution', ...BOARD },
    result: list(ContainerDistributionStatus),
  },
  {
    method: 'board.addInference',
    call: ({ board }) => board.addInference('digits'),
    callAsync: ({ board }, callback) => board.addInferenceAsync('digits', callback),
    sends: { cmd: 'add_inference', ...BOARD, inference_name: 'digits' },
    result: list(ContainerHandler, ContainerHandler),
  },
  {
    method: 'board.getImages',
    call: ({ board }) => board.getImages(),
    callAsync: ({ board }, callback) => board.getImagesAsync(callback),
    sends: { cmd: 'get_images', ...BOARD },
    result: list(CoprocessorImages),
  },
  {
    method: 'cluster.getCoprocessorImages',
    call: ({ cluster }) => cluster.getCoprocessorImages('digits'),
    callAsync: ({ cluster }, callback) => cluster.getCoprocessorImagesAsync('digits', callback),
    sends: { cmd: 'get_coprocessor_images', inference_name: 'digits' },
    result: list(CoprocessorImages),
  },
  {
    method: 'container.startDistribution',
    call: ({ container }) => container.startDistribution('faces'),
    callAsync: ({ container }, callback) => container.startDistributionAsync('faces', callback),
    sends: { cmd: 'start_distribution', ...CONTAINER, inference_name: 'faces' },
    result: expect.any(ContainerDistributionStatus),
  },
  {
    method: 'container.stopDistribution',
    call: ({ container }) => container.stopDistribution(),
    callAsync: ({ container }, callback) => container.stopDistributionAsync(undefined, callback),
    sends: { cmd: 'stop_distribution', ...CONTAINER },
    result: expect.any(ContainerDistributionStatus),
  },
  {
    method: 'container.start',
    call: ({ container }) => container.start(),
    callAsync: ({ container }, callback) => container.startAsync(callback),
    sends: { cmd: 'start', ...CONTAINER },
    result: expect.any(ContainerStatus),
  },
  {
    method: 'container.stop',
    call: ({ container }) => container.stop(),
    callAsync: ({ container }, callback) => container.stopAsync(callback),
    sends: { cmd: 'stop', ...CONTAINER },
    result: expect.any(ContainerStatus),
  },
]

describe.each(ROWS)('$method', ({ call, callAsync, sends, result }) => {
  it('sends its command and resolves', async () => {
    await using world = await startWithHandlers()
    expect(await call(world)).toEqual(result)
    expect(world.sent()).toEqual([sends])
  })

  it('…Async tells code 0, its API name and the same result, once the call has returned', async () => {
    await using world = await startWithHandlers()
    const told = vi.fn()
    const requestNo = callAsync(world, told)
    expect(told).not.toHaveBeenCalled()
    await eventually('the callback', () => told.mock.calls.length === 1)
    expect(told).toHaveBeenCalledWith(0, '', sends.cmd, result, requestNo)
    expect(world.sent()).toEqual([sends])
  })

  it('reports what the cluster refuses: by rejection, by the common callback', async () => {
    await using world = await startWithHandlers()
    world.manager.answerCommands(() => clusterError('coprocessorNotFound', { detail: 'board1' }))
    const told = vi.fn()
    world.cluster.setCallback({ manageCallback: told })
    await expect(call(world)).rejects.toMatchObject({ code: 304, command: sends.cmd })
    const requestNo = callAsync(world, undefined as never)
    await eventually('the callback', () => told.mock.calls.length === 1)
    expect(told).toHaveBeenCalledWith(304, expect.stringContaining('board1'), sends.cmd, undefined, requestNo)
  })

  it('is 100 without any callback, and 111 once the cluster is released', async () => {
    await using world = await startWithHandlers()
    expect(() => callAsync(world, undefined as never)).toThrow(expect.objectContaining({ code: 100 }))
    await world.cluster.release()
    await expect(call(world)).rejects.toMatchObject({ code: 111 })
    expect(() => callAsync(world, () => {})).toThrow(expect.objectContaining({ code: 111 }))
  })
})

describe('handlers', () => {
  it('stay plain data: JSON, keys and inspect show the attributes and no connection', async () => {
    await using world = await startWithHandlers()
    expect(JSON.parse(JSON.stringify(world.board))).toEqual({
      name: 'board1',
      ip: '10.0.0.2',
      driver: 'ssh',
      state: 'up',
      since: '2026-01-01T00:00:00.000Z',
      reason: null,
      labels: { gpu: 'orin' },
      engineVersion: '20.10.24',
      architecture: 'arm64',
      resources: { cpus: 8, memoryBytes: 2 ** 33, gpus: 1 },
      telemetry: expect.objectContaining({
        load: [1, 0.5, 0.25],
        diskFreeBytes: null,
        gpus: [expect.objectContaining({ usePercent: 40 })],
      }),
    })
    expect(Object.keys(world.container)).toHaveLength(18)
    expect(inspect(world.container, { depth: 9, showHidden: true })).not.toMatch(/commands|life|secret|connection/i)
  })

  it('are refused with 100 when an inference to add has no name', async () => {
    await using world = await startWithHandlers()
    await expect(world.board.addInference('')).rejects.toMatchObject({ code: 100, message: 'argument inferenceName is required' })
    expect(() => world.board.addInferenceAsync(undefined as never, () => {})).toThrow(expect.objectContaining({ code: 100 }))
  })

  it('give a status all 30 attributes of the original, nil as undefined', async () => {
    await using world = await startWithHandlers()
    const [status] = await world.cluster.getContainerStatus()
    const ours = ['cpuPercent', 'memBytes', 'memPercent', 'pid', 'restarts', 'distributionOff']
    expect(Object.keys(status as ContainerStatus).filter((key) => !ours.includes(key))).toHaveLength(30)
    expect(status).toMatchObject({ netIo: '1kB / 2kB', ports: undefined, copy: { To: 'model', From: '/model' }, waitQueueTimeout: 'never' })
  })

  it('reject with 999 when the cluster’s reply is not what was agreed', async () => {
    await using world = await startWithHandlers()
    world.manager.answerCommands(() => [])
    await expect(world.container.stopDistribution()).rejects.toMatchObject({ code: 999 })
    world.manager.answerCommands(() => 'nonsense')
    await expect(world.container.stop()).rejects.toMatchObject({ code: 999 })
    await expect(world.cluster.getContainerHandler()).rejects.toMatchObject({ code: 999 })
  })
})
