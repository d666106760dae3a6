import { describe, expect, it } from 'vitest'
import { AdminClient } from './admin-client'
import { eventually } from './eventually'
import { startWorld, type World } from './world'

const BODY = new Uint8Array(100)

const HISTOGRAMS = ['request', 'queue', 'container'].map((of) => `aicluster_${of}_duration_seconds`)
const settle = (requests: readonly Promise<unknown>[]) => Promise.all(requests.map((request) => request.catch(() => {})))
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))

/** So many requests of every outcome to one inference each. */
async function causeEveryOutcome(world: World): Promise<void> {
  const { cluster, gates } = world
  await world.load('echo', 'good', { maxSendNum: 4 })
  await Promise.all(times(7, () => cluster.infer('good', BODY, { as: 'bytes' })))

  await world.load('throws', 'bad')
  await settle(times(3, () => cluster.infer('bad', BODY)))

  await world.load('crash', 'dead')
  await settle([cluster.infer('dead', BODY, { exit: 1 })])

  await world.load('gated', 'full', { queueLimit: 1 })
  const held = [cluster.infer('full', BODY, { gate: 'full' }), cluster.infer('full', BODY)]
  await world.until('full', { held: 1, waiting: 1 })
  await settle(times(4, () => cluster.infer('full', BODY)))
  gates.open('full')
  gates.open('open')
  await Promise.all(held)

  await world.load('gated', 'late', { waitQueueTimeout: 200, sendTimeout: 100 })
  await settle(times(3, () => cluster.infer('late', BODY, { gate: 'late' })))
  gates.open('late')

  await world.load('gated', 'left')
  const abort = new AbortController()
  const left = times(2, () => cluster.infer('left', BODY, { gate: 'left' }, { signal: abort.signal }))
  await world.until('left', { held: 1, waiting: 1 })
  abort.abort()
  await settle(left)
  // The answer must not overtake the word that nobody wants it.
  await eventually('both to be cancelled', async () => (await world.counter('requests_cancelled_total')) === 2)
  gates.open('left')

  await cluster.loadInference({ name: 'loop', implementationType: 'Loop' }, 'board1')
  await Promise.all(times(5, () => cluster.infer('loop', BODY)))
  await cluster.loadInference({ name: 'none', implementationType: 'Loop', input: 'None', output: 'Main' }, 'board1')
  await settle(times(2, () => cluster.infer('none', BODY)))
  await world.load('echo', 'sink', { input: 'Main', output: null })
  await Promise.all(times(3, () => cluster.infer('sink', BODY)))
  await settle([cluster.infer('nobody', BODY)])
}

describe('metrics', () => {
  it('add up: every request is counted once, under its outcome, and every result in each histogram', async () => {
    await using world = await startWorld()
    const admin = new AdminClient(world)
    await causeEveryOutcome(world)
    await world.atRest()

    const scrape = await admin.metrics()

    const success = (inference: string) => scrape.value('aicluster_requests_success_total', { inference })
    const seen = [...scrape.labelValues('inference')].sort().map((name) => [name, success(name), scrape.failures(name)])
    expect(seen).toEqual([
      ['bad', 0, { container: 3 }],
      ['dead', 0, { container: 1 }],
      ['full', 2, { rejected: 4 }],
      ['good', 7, {}],
      ['late', 0, { timeout: 3 }],
      ['left', 0, { canceled: 2 }],
      ['loop', 5, {}],
      ['none', 0, { rejected: 2 }],
      ['sink', 3, {}],
    ])
    for (const histogram of HISTOGRAMS) {
      for (const [inference, results] of seen) {
        expect(scrape.value(`${histogram}_count`, { inference: inference as string })).toBe(results)
      }
    }
    // Where results waited behind a gate, their time is in the sums; no part is longer than the whole.
    const sum = (of: string, inference: string) => scrape.value(`aicluster_${of}_duration_seconds_sum`, { inference }) ?? 0
    expect(sum('queue', 'full')).toBeGreaterThan(0)
    expect(sum('queue', 'full') + sum('container', 'full')).toBeCloseTo(sum('request', 'full'), 6)
    expect(scrape.value('aicluster_request_bytes_total', { inference: 'loop' })).toBeGreaterThanOrEqual(5 * BODY.length)
    expect(scrape.value('aicluster_response_bytes_total', { inference: 'good' })).toBeGreaterThanOrEqual(7 * BODY.length)
    expect(scrape.value('aicluster_outcome_errors_total', { code: '400' })).toBe(1)
    expect(scrape.value('aicluster_outcome_errors_total', { code: '305' })).toBe(4)
  })

  it('say what get_metrics says', async () => {
    await using world = await startWorld()
    const admin = new AdminClient(world)
    await world.load('echo', 'same')
    await Promise.all(times(3, () => world.cluster.infer('same', BODY)))
    await world.atRest()

    const scrape = await admin.metrics()
    const { counters, gauges, credits, epoch, adminUrl } = await world.metrics()

    const asked = ['commands_received_total', 'deadlines_armed', 'outcomes_unacknowledged', 'outcomes_unacknowledged_bytes']
    const ours = (name: string) =>
      scrape.value(`aicluster_${name}`) ??
      scrape.value('aicluster_events_total', { event: name.replace(/_total$/, '') }) ??
      scrape.value('aicluster_messages_dropped_total', { reason: name.slice('messages_dropped_'.length, -'_total'.length) })
    for (const [name, value] of Object.entries({ ...counters, ...gauges })) {
      // Asking counts as a command.
      if (asked.includes(name)) expect(ours(name), name).toEqual(expect.any(Number))
      else expect(ours(name), name).toBe(value)
    }
    expect(adminUrl).toBe(admin.url)
    expect(scrape.value('aicluster_manager_epoch')).toBe(epoch)
    const container = { inference: 'same', container: 'same-board1', board: 'board1' }
    expect(scrape.value('aicluster_container_credits', { ...container, state: 'free' })).toBe(credits[0]?.free)
    expect(scrape.value('aicluster_container_connected', container)).toBe(1)
    expect(scrape.value('aicluster_container_answers_total', container)).toBe(3)
    expect(scrape.value('aicluster_board_up', { board: 'board1' })).toBe(1)
    expect(scrape.value('aicluster_inference_ready', { inference: 'same' })).toBe(1)
    expect(scrape.value('process_resident_memory_bytes')).toBeGreaterThan(1e6)
    expect(scrape.value('aicluster_event_loop_seconds_total', { thread: 'data', state: 'idle' })).toBeGreaterThan(0)
  })

  it('show what waits and what is in hand, and how long the oldest has waited', async () => {
    await using world = await startWorld()
    const admin = new AdminClient(world)
    await world.load('gated', 'busy')
    const requests = times(3, () => world.cluster.infer('busy', BODY, { gate: 'busy' }))
    await world.until('busy', { held: 1, waiting: 2 })

    const scrape = await admin.metrics()

    const inference = 'busy'
    expect(scrape.value('aicluster_queue_requests', { inference })).toBe(2)
    expect(scrape.value('aicluster_queue_bytes', { inference })).toBeGreaterThanOrEqual(2 * BODY.length)
    expect(scrape.value('aicluster_in_flight_requests', { inference })).toBe(1)
    expect(scrape.value('aicluster_container_credits', { inference, state: 'in_use' })).toBe(1)
    const first = scrape.value('aicluster_queue_oldest_seconds', { inference }) ?? 0
    await eventually('the oldest to have waited longer', async () => {
      return ((await admin.metrics()).value('aicluster_queue_oldest_seconds', { inference }) ?? 0) > first
    })
    world.gates.open('busy')
    await Promise.all(requests)
    await world.atRest()
    expect((await admin.metrics()).value('aicluster_queue_oldest_seconds', { inference })).toBe(0)
  })

  it('forget what is unloaded, and keep nothing of names that were never registered', async () => {
    await using world = await startWorld()
    const admin = new AdminClient(world)
    await world.load('echo', 'whole', { inferenceModules: { subInferenceName: 'part' } })
    await settle(times(20, (index) => world.cluster.infer(`guessed-${index}`, BODY)))
    expect([...(await admin.metrics()).labelValues('inference')].sort()).toEqual(['part', 'whole'])

    await world.cluster.unloadInference({ inferenceName: 'whole' })

    const scrape = await admin.metrics()
    expect(scrape.labelValues('inference')).toEqual(new Set())
    expect(scrape.labelValues('container')).toEqual(new Set())
  })

  it('are OpenMetrics for those who accept it, with the same names and values', async () => {
    await using world = await startWorld()
    const admin = new AdminClient(world)
    await world.load('echo', 'both')
    await world.cluster.infer('both', BODY)

    const text = await admin.metrics()
    const open = await admin.metrics({ accept: 'application/openmetrics-text; version=1.0.0' })

    expect(text.contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(open.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    const names = ({ families }: typeof text) =>
      [...families].map(([name, { type }]) => name + (type === 'counter' && !name.endsWith('_total') ? '_total' : ''))
    expect(names(open)).toEqual(names(text))
    expect(open.value('aicluster_requests_success_total', { inference: 'both' })).toBe(1)
  })
})
