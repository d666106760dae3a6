import { NumberTable } from '@aicluster/transport'
import { describe, expect, it, vi } from 'vitest'
import { DispatchRequest } from '../dispatch/dispatch-request'
import { DispatchWorld } from '../dispatch/test/dispatch-world'
import type { HostSessions } from './host-sessions'
import { QueueDesk } from './queue-desk'

const COUNT = 100_000
const EVERYTHING = { session: 7, name: undefined, number: undefined, pid: undefined }

/** One application with so many waiting requests. */
function crowd(count = COUNT) {
  const world = new DispatchWorld({ maxQueuedPerSession: count })
  const queue = world.register({ limit: count, limitBytes: Number.POSITIVE_INFINITY })
  const owner = { open: new NumberTable<DispatchRequest>(), waiting: 0, number: 7, host: 'here', pid: 12 }
  for (let number = 1; number <= count; number++) world.dispatcher.accept(new DispatchRequest(number, owner, queue))
  const desk = new QueueDesk(world.dispatcher, { all: [owner] } as unknown as HostSessions)
  return { world, queue, desk, owner }
}

/** The middle one of some runs, in ms: a machine that is busy with other things spoils single ones. */
function medianMs(runs: number, work: (run: number) => void): number {
  const times = Array.from({ length: runs }, (_, run) => {
    const startedAt = performance.now()
    work(run)
    return performance.now() - startedAt
  })
  return times.sort((a, b) => a - b)[runs >> 1] as number
}

describe('100,000 waiting requests', () => {
  it('hold the data plane up for a moment only, whichever page is read', () => {
    const { desk } = crowd()

    let from = 0
    const tookMs = medianMs(99, () => {
      from = desk.page({ ...EVERYTHING, from, limit: 1000 }).next as number
    })
    expect(from).toBe(99_000)
    const nothingFoundMs = medianMs(21, () => desk.page({ ...EVERYTHING, pid: 13, from: 0, limit: 1000 }))

    console.log(`a page of 1000: ${tookMs.toFixed(2)} ms; 5000 looked at in vain: ${nothingFoundMs.toFixed(2)} ms`)
    expect(tookMs).toBeLessThan(10)
    expect(nothingFoundMs).toBeLessThan(10)
  })

  it('are looked at 5,000 at a time where few are selected: a step may find nothing and go on', () => {
    const { desk } = crowd(12_000)
    const steps: (number | null)[] = []

    for (let from: number | null = 0; from !== null; steps.push(from)) {
      from = desk.page({ ...EVERYTHING, pid: 13, from, limit: 1000 }).next
    }

    expect(steps).toEqual([5000, 10_000, null])
  })

  it('are read without a gap when one comes back from its container between two pages', () => {
    const world = new DispatchWorld()
    const queue = world.register({ redeliver: true })
    const owner = { open: new NumberTable<DispatchRequest>(), waiting: 0, number: 7, host: 'here', pid: 12 }
    const request = (number: number, of = queue) => {
      const made = new DispatchRequest(number, owner, of)
      made.tail = new Uint8Array(1)
      world.dispatcher.accept(made)
    }
    const other = world.register({ name: 'letters' })
    const box = world.connect('box')
    request(1, other)
    request(2, other)
    request(3)
    request(4)
    const desk = new QueueDesk(world.dispatcher, { all: [owner] } as unknown as HostSessions)
    const numbersOf = ({ entries }: { entries: { number: number }[] }) => entries.map(({ number }) => number)

    const first = desk.page({ ...EVERYTHING, from: 0, limit: 1 })
    world.dispatcher.disconnect(box, 'disconnected')
    const second = desk.page({ ...EVERYTHING, from: first.next as number, limit: 10 })

    expect([numbersOf(first), numbersOf(second)]).toEqual([[1], [2, 3, 4]])
  })

  it('are deleted in one step, and their owners told little by little', async () => {
    const { desk, queue, owner } = crowd(20_000)

    const startedAt = performance.now()
    const { deleted } = desk.delete({ ...EVERYTHING, force: false })

    console.log(`deleting 20,000: ${(performance.now() - startedAt).toFixed(1)} ms`)
    expect({ deleted, waiting: queue.waiting, untold: owner.open.size }).toEqual({ deleted: 20_000, waiting: 0, untold: 20_000 - 250 })
    expect(desk.busy).toBe(true)
    await vi.waitUntil(() => !desk.busy, { timeout: 30_000 })
    expect(owner.open.size).toBe(0)
  }, 30_000)

  it('one of which its application gives up between its deletion and the word of it ends without an outcome', async () => {
    const { world, desk, owner } = crowd(1_000)
    const last = owner.open.get(1_000) as DispatchRequest

    desk.delete({ ...EVERYTHING, force: false })
    world.dispatcher.cancel(last)

    await vi.waitUntil(() => !desk.busy)
    expect(world.outcomesOf(last)).toEqual([])
    expect(owner.open.size).toBe(0)
  })
})
