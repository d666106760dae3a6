import { setTimeout as sleep } from 'node:timers/promises'
import type { AICluster } from '@aicluster/host-sdk'
import { describe, expect, it } from 'vitest'
import { rawCommand } from './raw-command'
import { startWorld } from './world'

const BODY = Uint8Array.of(1)

interface Entry {
  request_no: number
  inference_name: string
  pid: number
  host: string
  mng_queue_in: string
  state: string
  suffix_name: string | null
  own: boolean
}
interface Page {
  entries: Entry[]
  next: number | null
}

const getQueueInfo = (cluster: AICluster, filter: object = {}): Promise<Page> => rawCommand(cluster, { cmd: 'get_queue_info', ...filter })
const deleteQueue = (cluster: AICluster, filter: object = {}): Promise<{ deleted: number }> =>
  rawCommand(cluster, { cmd: 'delete_queue', ...filter })

/** Requests that nobody awaits yet: their errors are looked at later. */
const ask = (cluster: AICluster, name: string, count: number): Promise<unknown>[] =>
  Array.from({ length: count }, () => {
    const outcome = cluster.infer(name, BODY)
    outcome.catch(() => {})
    return outcome
  })

describe('get_queue_info', () => {
  it('tells in the order of arrival, over all queues, what is in hand and what waits, and whose it is', async () => {
    await using world = await startWorld()
    await world.load('gated', 'left')
    await world.load('gated', 'right')
    const other = await world.connect()
    const open = [...ask(world.cluster, 'left', 1)]
    await world.until('left', { held: 1 })
    open.push(...ask(other, 'right', 1))
    await world.until('right', { held: 1 })
    open.push(...ask(world.cluster, 'right', 1))
    await world.until('right', { held: 1, waiting: 1 })
    open.push(...ask(other, 'left', 1))
    await world.until('left', { held: 1, waiting: 1 })

    const look = async () => (await getQueueInfo(world.cluster)).entries
    await expect.poll(look).toMatchObject([{ state: 'started' }, { state: 'started' }, {}, {}])
    const entries = await look()

    expect(entries.map(({ inference_name, suffix_name, state, own }) => [inference_name, suffix_name, state, own])).toEqual([
      ['left', 'left-board1', 'started', true],
      ['right', 'right-board1', 'started', false],
      ['right', null, 'queued', true],
      ['left', null, 'queued', false],
    ])
    expect(new Set(entries.map(({ pid }) => pid))).toEqual(new Set([process.pid]))
    expect(entries.every(({ host, mng_queue_in }) => host !== '' && Math.abs(Date.now() - Date.parse(mng_queue_in)) < 60_000)).toBe(true)
    await world.settle()
    await Promise.all(open)
  })

  it('comes in pages whose places hold while entries leave', async () => {
    await using world = await startWorld()
    await world.load('gated', 'digits')
    const outcomes = ask(world.cluster, 'digits', 7)
    await world.until('digits', { held: 1, waiting: 6 })
    const all = (await getQueueInfo(world.cluster)).entries.map(({ request_no }) => request_no)

    const first = await getQueueInfo(world.cluster, { limit: 3 })
    await deleteQueue(world.cluster, { request_no: all[1] })
    await deleteQueue(world.cluster, { request_no: all[3] })
    const second = await getQueueInfo(world.cluster, { limit: 3, after: first.next })

    expect(first.entries.map(({ request_no }) => request_no)).toEqual(all.slice(0, 3))
    expect(second.entries.map(({ request_no }) => request_no)).toEqual(all.slice(4, 7))
    expect(second.next).toBeNull()
    await world.settle()
    await Promise.allSettled(outcomes)
  })

  it('takes every filter that is given as a further restriction', async () => {
    await using world = await startWorld()
    await world.load('gated', 'left')
    await world.load('gated', 'right')
    const outcomes = [...ask(world.cluster, 'left', 2), ...ask(world.cluster, 'right', 2)]
    await world.until('right', { held: 1, waiting: 1 })
    const [, , , last] = (await getQueueInfo(world.cluster)).entries.map(({ request_no }) => request_no)
    const count = async (filter: object) => (await getQueueInfo(world.cluster, filter)).entries.length

    expect(await count({ inference_name: '' })).toBe(4)
    expect(await count({ inference_name: 'left' })).toBe(2)
    expect(await count({ pid: process.pid })).toBe(4)
    expect(await count({ pid: process.pid + 1 })).toBe(0)
    expect(await count({ request_no: last })).toBe(1)
    expect(await count({ request_no: last, inference_name: 'left' })).toBe(0)
    expect(await count({ request_no: 1 })).toBe(0)
    await expect(getQueueInfo(world.cluster, { inference_name: 'unknown' })).rejects.toMatchObject({ code: 300 })
    await world.settle()
    await Promise.all(outcomes)
  })
})

describe('delete_queue', () => {
  it('ends what waits with 310 and leaves what a container holds', async () => {
    await using world = await startWorld()
    await world.load('gated', 'digits')
    const [held, ...waiting] = ask(world.cluster, 'digits', 4)
    await world.until('digits', { held: 1, waiting: 3 })

    expect(await deleteQueue(world.cluster, { inference_name: 'digits' })).toEqual({ deleted: 3 })

    for (const outcome of waiting) await expect(outcome).rejects.toMatchObject({ code: 310 })
    world.gates.openAll()
    await expect(held).resolves.toBeDefined()
    await world.atRest()
  })

  it('deletes nothing, and says so without an error, when the request does not wait', async () => {
    await using world = await startWorld()
    await world.load('gated', 'digits')
    const outcomes = ask(world.cluster, 'digits', 2)
    await world.until('digits', { held: 1, waiting: 1 })
    const [held] = (await getQueueInfo(world.cluster)).entries

    expect(await deleteQueue(world.cluster, { request_no: held?.request_no })).toEqual({ deleted: 0 })
    expect(await deleteQueue(world.cluster, { request_no: 1 })).toEqual({ deleted: 0 })

    await world.settle()
    await Promise.all(outcomes)
  })

  it('is 308 and deletes nothing when an entry belongs to another session, unless forced', async () => {
    await using world = await startWorld()
    await world.load('gated', 'digits')
    const other = await world.connect()
    const own = ask(world.cluster, 'digits', 3)
    await world.until('digits', { held: 1, waiting: 2 })
    const foreign = ask(other, 'digits', 2)
    await world.until('digits', { held: 1, waiting: 4 })

    await expect(deleteQueue(world.cluster)).rejects.toMatchObject({
      code: 308,
      message: expect.stringContaining(`2 of the selected requests belong to other applications (process ${process.pid} on `),
    })
    await world.until('digits', { held: 1, waiting: 4 })

    expect(await deleteQueue(world.cluster, { force_delete: true })).toEqual({ deleted: 4 })

    for (const outcome of [...own.slice(1), ...foreign]) await expect(outcome).rejects.toMatchObject({ code: 310 })
    await world.settle()
    await own[0]
  })

  it('is 300 for an inference that nobody has registered', async () => {
    await using world = await startWorld()

    await expect(deleteQueue(world.cluster, { inference_name: 'unknown' })).rejects.toMatchObject({ code: 300 })
  })
})

/** How long inferences, one after another, take in ms while something goes on; sorted. */
async function latenciesWhile(cluster: AICluster, work: () => Promise<unknown>): Promise<number[]> {
  const latencies: number[] = []
  let working = true
  const done = work().finally(() => {
    working = false
  })
  while (working) {
    const startedAt = performance.now()
    await cluster.infer('quick', BODY)
    latencies.push(performance.now() - startedAt)
  }
  await done
  return latencies.sort((a, b) => a - b)
}

const quantiles = (sorted: readonly number[]): string =>
  [0.5, 0.95].map((share) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2)).join(' (p50), ')

describe('100,000 waiting requests', () => {
  const COUNT = 100_000

  it('are read and deleted while another inference is served as before', async () => {
    await using world = await startWorld({ config: { defaults: { send_timeout: 600_000 } } })
    await world.load('gated', 'crowd')
    await world.load('echo', 'quick')
    const crowd = await world.connect({ maxPending: 200_000 })
    const outcomes = ask(crowd, 'crowd', COUNT + 1)
    await expect.poll(async () => (await world.metrics()).gauges.requests_waiting, { timeout: 40_000 }).toBe(COUNT)

    const before = await latenciesWhile(world.cluster, () => sleep(1_000))
    const numbers: number[] = []
    const startedAt = performance.now()
    const meanwhile = await latenciesWhile(world.cluster, async () => {
      for (let after: number | null | undefined; after !== null; ) {
        const page: Page = await getQueueInfo(world.cluster, { inference_name: 'crowd', ...(after === undefined ? {} : { after }) })
        numbers.push(...page.entries.map(({ request_no }) => request_no))
        after = page.next
      }
    })
    const readMs = performance.now() - startedAt
    console.log(
      `an inference takes ${quantiles(before)} ms, and ${quantiles(meanwhile)} ms while ${COUNT} entries are read in ${readMs.toFixed(0)} ms`,
    )

    expect(numbers.length).toBe(COUNT + 1)
    expect(new Set(numbers).size).toBe(COUNT + 1)
    // Inferences go on between the pages, whatever else the machine does: none waits for the whole reading, or for much of it.
    expect(meanwhile[Math.floor(meanwhile.length * 0.95)]).toBeLessThan(readMs / 5)

    const deletion = await deleteQueue(crowd, { inference_name: 'crowd' })
    expect(deletion).toEqual({ deleted: COUNT })
    const ended = await Promise.allSettled(outcomes.slice(1))
    expect(ended.filter((outcome) => outcome.status === 'rejected' && outcome.reason.code === 310)).toHaveLength(COUNT)
    await world.settle()
  })
})
