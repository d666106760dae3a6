import { randomBytes } from 'node:crypto'
import { threadId } from 'node:worker_threads'
import { INFERENCE_RESPONSE_TIMES, type InferCallback, InferenceResponse, type NdArray } from '@aicluster/host-sdk'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Recorder } from './recorder'
import { startWorld, type World } from './world'

const MB = 1_000_000
/** Clocks of two processes on one machine agree this well, in ms. */
const CLOCK_TOLERANCE_MS = 20

describe.each(['ipc', 'tcp'] as const)('requests and results over %s', (transport) => {
  let world: World

  beforeAll(async () => {
    world = await startWorld({ transport })
    await world.load('echo', 'echo', { maxSendNum: 8 })
    await world.load('slow', 'slow')
    await world.cluster.loadInference({ name: 'loop', implementationType: 'Loop' }, 'board1')
  })

  afterEach(() => world.atRest())
  afterAll(() => world[Symbol.asyncDispose]())

  // Up to 4096 bytes ride in the record, more follow in frames of their own; 6 MB is a camera image.
  it.each([0, 1, 4096, 4097, 1 * MB, 6 * MB])('bring %i bytes there and back as they were', async (length) => {
    const data = randomBytes(length)

    const { result } = await world.cluster.infer('echo', data, { as: 'bytes' })

    expect(Buffer.compare(result as Uint8Array, data)).toBe(0)
    expect((result as Uint8Array).length).toBe(length)
  })

  it.each([0, 4096, 4097, 6 * MB])('of type Loop bring %i bytes back as they were', async (length) => {
    const data = randomBytes(length)

    const { result } = await world.cluster.infer('loop', data)

    expect(Buffer.compare(result as Uint8Array, data)).toBe(0)
  })

  const arrays: NdArray[] = [
    { dtype: 'uint8', shape: [480, 640, 3], data: randomBytes(480 * 640 * 3) },
    { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1.5, -2.25, 0, Number.POSITIVE_INFINITY, 1e-30, 7) },
    { dtype: 'int64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n) },
    { dtype: 'bool', shape: [1, 1, 2], data: Uint8Array.of(1, 0) },
    { dtype: 'float64', shape: [], data: Float64Array.of(Math.PI) },
    { dtype: 'uint16', shape: [0, 4], data: new Uint16Array(0) },
  ]

  it.each(arrays)('keep dtype $dtype and shape $shape of an image', async (image) => {
    for (const [name, param] of [
      ['echo', { as: 'array' }],
      ['loop', {}],
    ] as const) {
      const { dtype, shape, data } = (await world.cluster.inferImage(name, image, param)) as NdArray
      expect({ name, dtype, shape }).toEqual({ name, dtype: image.dtype, shape: image.shape })
      expect(data.constructor).toBe(image.dtype === 'uint8' ? Uint8Array : image.data.constructor)
      expect([...data]).toEqual([...image.data])
    }
  })

  it('deliver binary parts wherever they stand in a result', async () => {
    const data = Float32Array.of(1, 2, 3, 4)

    const result = await world.cluster.inferImage('echo', { dtype: 'float32', shape: [2, 2], data }, { as: 'nested' })

    expect(result).toEqual({
      list: [1, { raw: expect.any(Uint8Array) }, null],
      deep: { deeper: { image: { dtype: 'float32', shape: [2, 2], data } } },
      text: 'ü',
    })
    expect(Buffer.from((result as { list: [number, { raw: Uint8Array }] }).list[1].raw)).toEqual(Buffer.from(data.buffer))
  })

  it('deliver plain bytes as a one-dimensional array to a container that asks for an image', async () => {
    const { result } = await world.cluster.infer('echo', Uint8Array.of(5, 6), { as: 'array' })

    expect(result).toMatchObject({ dtype: 'uint8', shape: [2] })
  })

  it.each([
    ['an object', { as: 'about', nested: { list: [1, 'zwei', null, true] }, float: 0.5, big: 2 ** 40 }],
    ['a JSON string', '{"as":"about","nested":{"list":[1,"zwei",null,true]},"float":0.5,"big":1099511627776}'],
  ])('hand %s as param to the container as metadata, and back', async (_form, param) => {
    const expected = { as: 'about', nested: { list: [1, 'zwei', null, true] }, float: 0.5, big: 2 ** 40 }

    const { result, response } = await world.cluster.infer('echo', Uint8Array.of(1), param)

    expect(result).toMatchObject({ length: 1, metadata: expected })
    expect(response.metadata).toEqual(expected)
  })

  it('bring back what the container has put into the metadata', async () => {
    const { response } = await world.cluster.infer('echo', Uint8Array.of(1), { as: 'metadata', mine: 1 })

    expect(response.metadata).toEqual({ as: 'metadata', mine: 1, added: true })
  })

  it('let a buffer of up to 64 KB be reused at once, and a larger one with copy', async () => {
    const small = Buffer.alloc(60_000, 1)
    const large = Buffer.alloc(200_000, 1)

    const results = [
      world.cluster.infer('echo', small, { as: 'bytes' }),
      world.cluster.infer('echo', large, { as: 'bytes' }, { copy: true }),
    ]
    small.fill(2)
    large.fill(2)

    for (const { result } of await Promise.all(results)) expect((result as Uint8Array).every((byte) => byte === 1)).toBe(true)
  })

  it('come with all nine attributes of the response', async () => {
    const before = Date.now()
    const { response } = await world.cluster.infer('echo', Uint8Array.of(1), { as: 'about' })

    expect(response).toBeInstanceOf(InferenceResponse)
    expect(Object.keys(response)).toHaveLength(9)
    expect(response).toMatchObject({
      pid: process.pid,
      tid: threadId,
      inferenceName: 'echo',
      subInferenceName: 'echo',
      requestNo: expect.stringMatching(/^\d+$/),
      metadata: { as: 'about' },
      metadataSys: {},
    })
    const { timeStamp, elapsedTime } = response
    expect(timeStamp).toHaveLength(INFERENCE_RESPONSE_TIMES.length)
    expect(timeStamp[0]).toBeGreaterThan(before - CLOCK_TOLERANCE_MS)
    for (const [i, time] of timeStamp.entries()) {
      expect(time, INFERENCE_RESPONSE_TIMES[i]).toBeGreaterThan((timeStamp[i - 1] ?? 0) - CLOCK_TOLERANCE_MS)
    }
    const [queueWait, roundTrip, compute, total] = elapsedTime as [number, number, number, number]
    expect(elapsedTime).toHaveLength(4)
    expect(Math.min(queueWait, compute)).toBeGreaterThanOrEqual(0)
    expect(roundTrip).toBeGreaterThanOrEqual(compute)
    expect(total).toBeGreaterThanOrEqual(queueWait + roundTrip)
    expect(total).toBeLessThan(5_000)
  })

  it('measure where the time went: in the container, on the way, in the queue', async () => {
    const ms = 120
    // A timer may be early by a millisecond.
    const least = ms - 2
    // The second may come a moment after the first has been handed out, and begins to wait only then.
    const comesLater = 20

    const [first, second] = await Promise.all([1, 2].map(() => world.cluster.infer('slow', Uint8Array.of(1), { ms })))

    const [, roundTrip = 0, compute = 0] = first?.response.elapsedTime ?? []
    const [queueWait = 0, , , total = 0] = second?.response.elapsedTime ?? []
    expect(compute).toBeGreaterThanOrEqual(least)
    expect(roundTrip).toBeGreaterThanOrEqual(compute)
    expect(queueWait).toBeGreaterThanOrEqual(least - comesLater)
    expect(total).toBeGreaterThanOrEqual(2 * least - comesLater)
    expect(total).toBeLessThan(2 * ms + 1_000)
  })

  it('tell layout, subscription and times of an image through the infer callback', async () => {
    const outcome = new Recorder<Parameters<InferCallback>>()
    const image: NdArray = { dtype: 'uint8', shape: [1, 2], data: Uint8Array.of(1, 2) }

    const requestNo = world.cluster.inferImageAsync('echo', image, { as: 'bytes' }, outcome.callback)

    const [code, message, result, response, number] = await outcome.call()
    expect([code, message, number]).toEqual([0, '', requestNo])
    expect([...(result as Uint8Array)]).toEqual([1, 2])
    expect(response).toMatchObject({ requestNo, metadataSys: { array: { dtype: 'uint8', shape: [1, 2] } } })
  })

  it('give request numbers that rise within a session and differ between two applications', async () => {
    await using other = await world.connect()
    const numbers = async (cluster: typeof other) => {
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => cluster.infer('loop', Uint8Array.of(1))))
      return outcomes.map(({ response }) => Number(response.requestNo))
    }

    const mine = await numbers(world.cluster)
    const theirs = await numbers(other)

    expect(mine).toEqual([...mine].sort((a, b) => a - b))
    expect(new Set([...mine, ...theirs]).size).toBe(40)
  })

  it('all get their own answer when many are under way at once', async () => {
    const bodies = Array.from({ length: 300 }, (_, i) => Buffer.alloc(i % 3 === 0 ? 10_000 : 100, i % 251))

    const outcomes = await Promise.all(bodies.map((body) => world.cluster.infer('echo', body, { as: 'bytes' })))

    for (const [i, { result }] of outcomes.entries()) expect(Buffer.compare(result as Uint8Array, bodies[i] as Buffer)).toBe(0)
  })
})
