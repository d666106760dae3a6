import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)
/** How late a limit may fire, in ms, on a busy machine with two cores. */
const LATE_MS = 100

/** The error of a request that must fail, and after how many ms it came. */
async function failure(request: Promise<unknown>): Promise<{ code: number; message: string; afterMs: number }> {
  const startedAt = performance.now()
  const error = (await request.then(
    () => new Error('the request succeeded'),
    (thrown: unknown) => thrown,
  )) as { code: number; message: string }
  return { code: error.code, message: error.message, afterMs: performance.now() - startedAt }
}

describe('the limits of a queue', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())
  afterEach(() => world.settle())

  /** A request that keeps the only credit of `name` until all gates open. */
  async function occupy(name: string): Promise<{ held: Promise<unknown> }> {
    const held = world.cluster.infer(name, BODY)
    await world.until(name, { held: 1 })
    return { held }
  }

  it.each([50, 300, 1_000])('end a request with 306 after %i ms in the queue, though no credit ever frees', async (sendTimeout) => {
    await world.load('gated', 'timed', { sendTimeout })
    const { held } = await occupy('timed')

    const late = await Promise.all([1, 2, 3].map(() => failure(world.cluster.infer('timed', BODY))))

    for (const { code, message, afterMs } of late) {
      expect(code).toBe(306)
      expect(message).toContain(`no credit became free within ${sendTimeout} ms (send_timeout)`)
      expect(afterMs).toBeGreaterThanOrEqual(sendTimeout - 1)
      expect(afterMs).toBeLessThan(sendTimeout + LATE_MS)
    }
    expect(await world.credits('timed')).toEqual({ free: 0, inFlight: 1 })
    world.gates.openAll()
    await held
  })

  it('end a request with 305 at once when queue_limit requests wait', async () => {
    await world.load('gated', 'full', { queueLimit: 1 })
    const { held } = await occupy('full')
    const waiting = world.cluster.infer('full', BODY)
    await world.until('full', { held: 1, waiting: 1 })

    const { code, message, afterMs } = await failure(world.cluster.infer('full', BODY))

    expect(code).toBe(305)
    expect(message).toContain('full: 1 requests wait, its queue_limit')
    expect(afterMs).toBeLessThan(LATE_MS)
    world.gates.openAll()
    await Promise.all([held, waiting])
  })

  it('end a request with 305 at once when queue_bytes would be passed, while a smaller one still fits', async () => {
    await world.load('gated', 'bytes', { queueBytes: 50_000 })
    const { held } = await occupy('bytes')
    const waiting = world.cluster.infer('bytes', new Uint8Array(40_000))
    await world.until('bytes', { held: 1, waiting: 1 })

    const { code, message } = await failure(world.cluster.infer('bytes', new Uint8Array(20_000)))
    const small = world.cluster.infer('bytes', BODY)
    await world.until('bytes', { held: 1, waiting: 2 })

    expect(code).toBe(305)
    expect(message).toMatch(/bytes: 400\d\d bytes wait and this request has 200\d\d, its queue_bytes is 50000/)
    world.gates.openAll()
    await Promise.all([held, waiting, small])
  })

  it('with queue_limit 0 hand out what finds a credit and refuse the rest', async () => {
    await world.load('gated', 'nothing', { queueLimit: 0 })
    const { held } = await occupy('nothing')

    expect((await failure(world.cluster.infer('nothing', BODY))).code).toBe(305)

    world.gates.openAll()
    await held
    await expect(world.cluster.infer('nothing', BODY)).resolves.toMatchObject({ result: { container: 'nothing-board1' } })
  })

  it('end what waits with 306 also while no container is connected', async () => {
    await world.load('gated', 'alone', { sendTimeout: 300 })
    const { 'alone-board1': pid = 0 } = await world.pids('alone')
    process.kill(pid, 'SIGSTOP')
    try {
      // A stopped process is noticed by the heartbeats, after 1.5 s at most.
      await expect.poll(async () => (await world.metrics()).gauges.containers_connected, { timeout: 10_000 }).toBe(0)

      const { code, message, afterMs } = await failure(world.cluster.infer('alone', BODY))

      expect(code).toBe(306)
      expect(message).toContain('containers connected: 0')
      expect(afterMs).toBeLessThan(300 + LATE_MS)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    // It finds back by itself.
    await expect.poll(() => world.credits('alone'), { timeout: 10_000 }).toEqual({ free: 1, inFlight: 0 })
  })

  it('hand out first come first served', async () => {
    await world.load('gated', 'order')
    const { held } = await occupy('order')
    const order: number[] = []
    const waiting = Array.from({ length: 10 }, (_, i) => world.cluster.infer('order', BODY).then(() => order.push(i)))
    await world.until('order', { held: 1, waiting: 10 })

    world.gates.openAll()
    await Promise.all([held, ...waiting])

    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})

describe('a response that comes after its time-out', () => {
  it('was answered with 401 on time, keeps its credit until it comes, and is dropped and counted', async () => {
    await using world = await startWorld()
    await world.load('gated', 'late', { waitQueueTimeout: 200, maxSendNum: 1 })

    const { code, message, afterMs } = await failure(world.cluster.infer('late', BODY, { gate: 'late' }))

    expect(code).toBe(401)
    expect(message).toMatch(/container late-board1 .*did not answer within 200 ms \(wait_queue_timeout\)/)
    expect(afterMs).toBeGreaterThanOrEqual(199)
    expect(afterMs).toBeLessThan(200 + LATE_MS)
    expect(await world.credits('late')).toEqual({ free: 0, inFlight: 1 })
    const next = world.cluster.infer('late', BODY, { gate: 'next' })
    await world.until('late', { held: 1, waiting: 1 })

    world.gates.openAll()

    await expect(next).resolves.toMatchObject({ result: { gate: 'next' } })
    expect(await world.counter('late_responses_total')).toBe(1)
    expect(await world.credits('late')).toEqual({ free: 1, inFlight: 0 })
    await world.atRest()
  })
})
