import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NdArray } from '@aicluster/host-sdk'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../worlds/eventually'
import { startCurveWorld } from '../worlds/keys'
import { startWorld, type World } from '../worlds/world'
import { ENV, expectOrder, inPython, missingHere, PYTHON, path, python } from './python-world'

// A client and a container that know nothing but docs/protocol.md: what they cannot do, the document does not say.

const MB = 1_000_000

/** Run a scenario of `client.py` against a world. */
const client = <T>(world: World, scenario: string, options: object = {}): Promise<T> =>
  python<T>('client.py', join(world.stateFolder, 'manager.json'), scenario, JSON.stringify(options))

const missing = missingHere()

describeUnless(missing, 'a codec in Python', () => {
  it('reads every golden vector, and writes the same bytes', async () => {
    const problems = await python<Record<string, string[]>>('golden.py', path('../../packages/protocol/golden'))

    expect(Object.keys(problems).length).toBeGreaterThan(0)
    expect(Object.entries(problems).filter(([, found]) => found.length > 0)).toEqual([])
  })
})

describeUnless(missing, 'peers in Python', () => {
  describe.each([
    ['ipc', () => startWorld()],
    ['tcp', () => startWorld({ transport: 'tcp' })],
    ['tcp with CURVE', () => startCurveWorld()],
  ])('over %s', (_transport, start) => {
    let world: World

    beforeAll(async () => {
      world = await start()
      const inferenceModules = [{ subInferenceName: 'second' }]
      await world.cluster.loadInference(inPython('python', { maxSendNum: 4, inferenceModules }), 'board1')
      await world.cluster.loadInference({ name: 'loop', implementationType: 'Loop' }, 'board1')
    })

    afterEach(() => expectOrder(world))
    afterAll(() => world[Symbol.asyncDispose]())

    it.each([0, 1, 4096, 4097, 300_000, 6 * MB])('a container brings %i bytes back as they were', async (length) => {
      const data = randomBytes(length)

      const { result } = await world.cluster.infer('python', data, { mode: 'echo' })

      expect(Buffer.compare(result as Uint8Array, data)).toBe(0)
    })

    const arrays: NdArray[] = [
      { dtype: 'uint8', shape: [480, 640, 3], data: randomBytes(480 * 640 * 3) },
      { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1.5, -2.25, 0, Number.POSITIVE_INFINITY, 1e-30, 7) },
      { dtype: 'int64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n) },
      { dtype: 'bool', shape: [1, 1, 2], data: Uint8Array.of(1, 0) },
      { dtype: 'float64', shape: [], data: Float64Array.of(Math.PI) },
      { dtype: 'uint16', shape: [0, 4], data: new Uint16Array(0) },
      { dtype: 'int16', shape: [3], data: Int16Array.of(-1, 0, 300) },
    ]

    it.each(arrays)('a container keeps dtype $dtype and shape $shape', async (image) => {
      const { dtype, shape, data } = (await world.cluster.inferImage('python', image, { mode: 'echo' })) as NdArray

      expect({ dtype, shape }).toEqual({ dtype: image.dtype, shape: image.shape })
      expect([...data]).toEqual([...image.data])
    })

    it('a container computes on an array and puts binary parts deep into its result', async () => {
      const image: NdArray = { dtype: 'int32', shape: [2, 2], data: Int32Array.of(1, 2, 3, -10) }

      const result = (await world.cluster.inferImage('python', image, { mode: 'statistics' })) as Record<string, unknown>

      const reversed = { dtype: 'float32', shape: [4], data: Float32Array.of(-10, 3, 2, 1) }
      expect(result).toEqual({ sum: -4, dtype: 'int32', shape: [2, 2], parts: [null, { reversed, raw: expect.any(Uint8Array) }] })
      const [, { raw }] = result.parts as [null, { raw: Uint8Array }]
      expect([...raw]).toEqual([1, 0, 0])
    })

    it('a container fails with code, message and details', async () => {
      await expect(world.cluster.infer('python', Buffer.alloc(0), { mode: 'nonsense' })).rejects.toMatchObject({
        code: 999,
        message: "Unknown error: the container's program failed: no mode 'nonsense'",
        details: { mode: 'nonsense' },
      })
    })

    it('a container gets the metadata, and may replace them', async () => {
      const metadata = { mode: 'about', nested: { list: [1, 'zwei', null, true] }, float: 0.5, big: 2 ** 40, negative: -3 }

      const { result, response } = await world.cluster.infer('python', Buffer.alloc(0), metadata)
      const replaced = await world.cluster.infer('python', Buffer.alloc(0), { mode: 'metadata', mine: 1 })

      expect(result).toMatchObject({ name: 'python', metadata })
      expect(response).toMatchObject({ inferenceName: 'python', subInferenceName: 'python', metadata })
      expect(response.elapsedTime.every((ms) => ms >= 0 && ms < 5_000)).toBe(true)
      expect(replaced.response.metadata).toEqual({ mode: 'metadata', mine: 1, added: true })
    })

    it('a container serves a further name', async () => {
      const { result, response } = await world.cluster.infer('second', Buffer.alloc(0), { mode: 'about' })

      expect(result).toMatchObject({ name: 'second' })
      expect(response).toMatchObject({ inferenceName: 'second', subInferenceName: 'second' })
    })

    it('a container works on as many requests at once as it has credits', async () => {
      const slow = () => world.cluster.infer('python', Buffer.alloc(0), { mode: 'slow', ms: 200 })

      const outcomes = await Promise.all(Array.from({ length: 12 }, slow))

      expect(Math.max(...outcomes.map(({ result }) => (result as { at_once: number }).at_once))).toBe(4)
    })

    it('a container is told that nobody waits any more, and answers all the same', async () => {
      const abort = new AbortController()
      const outcome = world.cluster.infer('python', Buffer.alloc(0), { mode: 'slow', ms: 30_000 }, { signal: abort.signal })
      await world.until('python', { held: 1 })
      abort.abort()

      await expect(outcome).rejects.toMatchObject({ code: 312 })
      await world.until('python', { held: 0 })
    })

    it('a client uses a Loop and a container in Python', async () => {
      const seen = await client<Record<string, unknown>>(world, 'infer', { loop: 'loop', container: 'python' })

      const sizes = { '0': true, '1': true, '4096': true, '4097': true, '300000': true, '6000000': true }
      const echoes = (name: string) => ({ bytes: sizes, arrays: [], metadata: true, name, times: true })
      expect(seen).toEqual({
        loop: echoes('loop'),
        container: echoes('python'),
        python: {
          sum: 66,
          dtype: 'float32',
          shape: [3, 4],
          reversed: [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
          raw: true,
          fail: { code: 999, message: "Unknown error: the container's program failed: no mode 'fail'", details: { mode: 'fail' } },
          replaced: { mode: 'metadata', mine: 1, added: true },
          most_at_once: 4,
          together: true,
          batch: true,
          deadline: expect.closeTo(5000, -3),
          timed_out: expect.objectContaining({ code: 313, message: expect.stringMatching(/^Request timed out/) }),
        },
        cancelled: true,
        unknown: expect.objectContaining({ code: 400, message: expect.stringContaining('nobody') }),
        pings: [true, true],
        open: 0,
        missing: 0,
      })
    })

    it('a client loads a container in Python, looks at it, loses it and unloads it', async () => {
      const config = {
        name: 'loaded',
        implementation_type: 'other',
        run_command: [PYTHON, path('container.py')],
        max_send_num: 2,
        restart: 'never',
        env: ENV,
      }

      const seen = await client<Record<string, unknown>>(world, 'commands', { config, board: 'board1' })

      const container = { name: 'loaded', allocated_coprocessor: 'board1', max_send_num: 2, implementation_type: 'other' }
      const suffixName = (seen.loaded as { suffix_name: string }[])[0]?.suffix_name
      expect(seen).toMatchObject({
        loaded: [container],
        result: 3,
        handlers: [suffixName],
        status: [{ ...container, status: 'running', connect_status: 'connected', operate: 'Free', queue_num: 0, send_data_num: 0 }],
        boards: expect.arrayContaining([expect.objectContaining({ name: 'board1', ip: expect.any(String), driver: 'local', state: 'up' })]),
        stopped: [{ name: 'loaded', suffix_name: suffixName, distribution: 'off' }],
        started: [{ name: 'loaded', suffix_name: suffixName, distribution: 'on' }],
        bad_config: { code: 302, message: expect.stringContaining('max_send_num'), details: { field: 'max_send_num', value: 0 } },
        no_name: { code: 201, message: expect.stringContaining('name') },
        no_boards: { code: 201, message: expect.stringContaining('coprocessor_name') },
        unknown_field: { code: 302, message: expect.stringContaining('colour') },
        unknown_key: { code: 302, message: expect.stringContaining('colour') },
        no_map: { code: 200 },
        no_cmd: { code: 201, message: expect.stringContaining('cmd') },
        unknown_cmd: { code: 900, message: expect.stringContaining('make_coffee') },
        unknown_board: { code: 304, message: expect.stringContaining('nowhere') },
        unknown_name: { code: 300, message: expect.stringContaining('nobody') },
        event: {
          code: 114,
          cmd: 'container_disconnect',
          details: { inference_name: 'loaded', suffix_name: suffixName, board: 'board1', reason: expect.any(String) },
        },
        metrics: ['admin_url', 'cluster_id', 'counters', 'credits', 'epoch', 'gauges', 'process', 'queues', 'rest_gauges'],
        process: ['event_loop_delay_p99_ms', 'external_bytes', 'heap_used_bytes', 'pid', 'rss_bytes', 'uptime_ms'],
        unloaded: {
          containers: expect.arrayContaining([expect.objectContaining({ name: 'python' }), expect.objectContaining({ name: 'loop' })]),
          images: [],
          forgotten: [],
        },
        gone: { code: 400 },
        open: 0,
        missing: 0,
      })
      const { rest, gauges } = seen as { rest: string[]; gauges: Record<string, number> }
      expect(rest.length).toBeGreaterThan(0)
      expect(rest.filter((name) => gauges[name] !== 0)).toEqual([])
    })

    it('a client uses up its request numbers and gets more; a number that was used or never granted is dropped', async () => {
      const before = { bad: await world.counter('requests_bad_number_total'), repeated: await world.counter('requests_repeated_total') }

      const seen = await client(world, 'numbers', { loop: 'loop' })

      expect(seen).toEqual({ last: true, beyond: true, bare: true, after: true, open: 0, missing: 0 })
      expect(await world.counter('requests_bad_number_total')).toBe(before.bad + 1)
      expect(await world.counter('requests_repeated_total')).toBe(before.repeated + 1)
    })

    it('a client that sends kinds that do not belong there is ignored, and keeps its connection', async () => {
      const seen = await client(world, 'strays', { loop: 'loop' })

      expect(seen).toMatchObject({ alive: true, rise: { records_unexpected_total: 4 }, open: 0, missing: 0 })
    })
  })

  it('a client sends a program that the manager does not see; the same files do not travel twice', async () => {
    await using world = await startWorld()
    const config = {
      name: 'sent',
      implementation_type: 'other',
      script_path: '/on/another/machine/app',
      run_command: [PYTHON, 'container.py'],
      start_timeout: 20_000,
      env: ENV,
    }

    const seen = await client<Record<string, unknown>>(world, 'files', { config, board: 'board1', source: path('.') })

    expect(seen).toMatchObject({
      absent: { code: 301, message: expect.stringContaining('/on/another/machine/app') },
      script_path: '/on/another/machine/app',
      wanted: ['/on/another/machine/app'],
      result: true,
      bad: { code: 302, message: expect.stringContaining('0'.repeat(64)) },
      again: ['/on/another/machine/app'],
      sent_again: 0,
      open: 0,
    })
    const files = readdirSync(path('.'), { withFileTypes: true }).filter((entry) => entry.isFile())
    expect(seen.sent).toBe(files.length)
  })

  it('a container survives the death of its manager, says hello to the next one and goes on', async () => {
    await using world = await startWorld()
    await world.cluster.loadInference(inPython('python', { maxSendNum: 2 }), 'board1')
    const echo = async () => (await world.cluster.infer('python', Buffer.from('x'), { mode: 'echo' })).result
    await echo()
    const before = await world.pids('python')

    await world.endManager('SIGKILL')
    await world.startManager()

    await eventually('both to be connected again', echo)
    expect(await world.pids('python')).toEqual(before)
    await expectOrder(world)
  })

  it('a client without the token of a cluster on TCP is refused with the reason', async () => {
    await using world = await startWorld({ transport: 'tcp' })

    const seen = await client(world, 'refused', { token: 'wrong' })

    expect(seen).toMatchObject({ code: 110, message: expect.stringMatching(/token/) })
  })
})
