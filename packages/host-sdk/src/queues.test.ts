import { clusterError, type QueueInfoView } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it, vi } from 'vitest'
import { FakeWorld } from '../test/fake-world'
import { queueView } from '../test/views'
import { QueueInfo } from './index'

/** A manager whose queues hold these entries. */
const holding = (entries: readonly QueueInfoView[]) => (content: Record<string, unknown>) => {
  const { cmd, after, limit, request_no: number } = content
  if (cmd === 'delete_queue') return { deleted: 0 }
  const behind = entries.filter(({ order, request_no }) => order > ((after as number) ?? 0) && (!number || request_no === number))
  const page = behind.slice(0, limit as number)
  return { entries: page, next: behind.length > page.length ? (page.at(-1)?.order ?? null) : null }
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => queueView(i + 1))

async function startHolding(entries: readonly QueueInfoView[]) {
  const world = await FakeWorld.start()
  world.manager.answerCommands(holding(entries))
  return world
}

describe('getQueueInfo', () => {
  it('gives every attribute in TypeScript’s spelling, the request number as text', async () => {
    await using world = await startHolding([queueView(5, { state: 'started', suffix_name: 'digits-1', own: false })])
    const [entry] = await world.cluster.getQueueInfo()
    expect(entry).toBeInstanceOf(QueueInfo)
    expect({ ...entry }).toEqual({
      requestNo: '1005',
      inferenceName: 'digits',
      pid: 7,
      mngQueueIn: '2026-01-02T03:04:05.678Z',
      host: 'here',
      state: 'started',
      suffixName: 'digits-1',
      own: false,
      order: 5,
    })
  })

  it('reads page after page, each a command of its own', async () => {
    await using world = await startHolding(numbered(2_500))
    const entries = await world.cluster.getQueueInfo({ inferenceName: 'digits' })
    expect(entries.map(({ order }) => order)).toEqual(Array.from({ length: 2_500 }, (_, i) => i + 1))
    expect(world.manager.commands.map(({ content }) => [content.inference_name, content.limit, content.after])).toEqual([
      ['digits', 1000, undefined],
      ['digits', 1000, 1000],
      ['digits', 1000, 2000],
    ])
  })

  it('stops at the limit and goes on behind an entry, or behind a request that is still there', async () => {
    await using world = await startHolding(numbered(10))
    const first = await world.cluster.getQueueInfo({ limit: 3 })
    const behindEntry = await world.cluster.getQueueInfo({ limit: 3, after: first.at(-1) as QueueInfo })
    const behindNumber = await world.cluster.getQueueInfo({ after: behindEntry.at(-1)?.requestNo as string })
    expect([first, behindEntry, behindNumber].map((page) => page.map(({ order }) => order))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9, 10],
    ])
  })

  it('says 302 when the request behind which to go on is gone', async () => {
    await using world = await startHolding(numbered(1))
    await expect(world.cluster.getQueueInfo({ after: '77' })).rejects.toMatchObject({ code: 302, message: expect.stringContaining('77') })
  })

  it.each([
    [{ requestNo: '12' }, { request_no: 12 }],
    [
      { requestNo: 12, pid: 3 },
      { request_no: 12, pid: 3 },
    ],
    [{ requestNo: 0, pid: 0, inferenceName: '' }, {}],
    [{ requestNo: '', inferenceName: undefined as never }, {}],
    [{ requestNo: '0' }, {}],
  ])('takes the filters %j as %j', async (options, filter) => {
    await using world = await startHolding([])
    await world.cluster.getQueueInfo(options)
    expect(world.manager.commands.map(({ content }) => content)).toEqual([{ cmd: 'get_queue_info', limit: 1000, ...filter }])
  })

  it.each([
    'digits',
    { requestNo: 'x' },
    { requestNo: -1 },
    { requestNo: 1.5 },
    { requestNo: 2 ** 48 },
    { pid: -1 },
    { pid: '7' },
    { limit: 0 },
    { inferenceName: 'a b' },
  ])('refuses %j with 302, as a rejection and as a throw', async (options) => {
    await using world = await startHolding([])
    await expect(world.cluster.getQueueInfo(options as never)).rejects.toMatchObject({ code: 302 })
    expect(() => world.cluster.getQueueInfoAsync(options as never, () => {})).toThrow(expect.objectContaining({ code: 302 }))
    expect(world.manager.commands).toEqual([])
  })

  it('with a callback tells all pages at once, under the number of the first', async () => {
    await using world = await startHolding(numbered(1_500))
    const told = vi.fn()
    const requestNo = world.cluster.getQueueInfoAsync({}, told)
    expect(told).not.toHaveBeenCalled()
    await eventually('the callback', () => told.mock.calls.length === 1)
    expect(told.mock.calls[0]?.slice(0, 3)).toEqual([0, '', 'get_queue_info'])
    expect(told.mock.calls[0]?.[3]).toHaveLength(1_500)
    expect(told.mock.calls[0]?.[4]).toBe(requestNo)
    expect(world.manager.commands[0]?.number).toBe(Number(requestNo))
  })

  it('looks at its signal between the pages', async () => {
    await using world = await FakeWorld.start()
    const giveUp = new AbortController()
    world.manager.answerCommands((content) => {
      if (content.after !== undefined) giveUp.abort()
      return holding(numbered(5_000))(content)
    })
    await expect(world.cluster.getQueueInfo({ signal: giveUp.signal })).rejects.toMatchObject({ code: 312 })
    expect(world.manager.commands).toHaveLength(2)
  })

  it('has one timeout for all pages', async () => {
    await using world = await FakeWorld.start()
    world.manager.answerCommands((content, number) => {
      setTimeout(() => world.manager.reply(number, holding(numbered(100_000))(content)), 40)
      return undefined
    })
    await expect(world.cluster.getQueueInfo({ timeout: 150 })).rejects.toMatchObject({ code: 313 })
    expect(world.manager.commands.length).toBeLessThan(6)
  })

  it('entry by entry reads no page that nobody asks for', async () => {
    await using world = await startHolding(numbered(5_000))
    for await (const entry of world.cluster.queueEntries()) if (entry.order === 1_001) break
    expect(world.manager.commands).toHaveLength(2)
  })

  it('ends with 999 when the cluster repeats a page, instead of reading for ever', async () => {
    await using world = await FakeWorld.start()
    world.manager.answerCommands(() => ({ entries: [], next: 7 }))
    await expect(world.cluster.getQueueInfo()).rejects.toMatchObject({ code: 999 })
  })
})

describe('deleteQueue', () => {
  it('deletes what is selected and gives back what still waits, not what a container holds', async () => {
    await using world = await startHolding([queueView(1), queueView(2, { state: 'sent', suffix_name: 'digits-1' })])
    const rest = await world.cluster.deleteQueue({ inferenceName: 'digits', requestNo: '12', pid: 9, forceDelete: true })
    expect(rest.map(({ order }) => order)).toEqual([1])
    expect(world.manager.commands.map(({ content }) => content)).toEqual([
      { cmd: 'delete_queue', inference_name: 'digits', request_no: 12, pid: 9, force_delete: true },
      { cmd: 'get_queue_info', inference_name: 'digits', limit: 1000 },
    ])
  })

  it('rejects with 308 and reads nothing when an entry is somebody else’s', async () => {
    await using world = await FakeWorld.start()
    world.manager.answerCommands(() => clusterError('permission', { detail: 'of pid 9' }))
    await expect(world.cluster.deleteQueue()).rejects.toMatchObject({ code: 308, command: 'delete_queue' })
    expect(world.manager.commands).toHaveLength(1)
  })

  it('with a callback tells what remains, under its own API name', async () => {
    await using world = await startHolding(numbered(1_200))
    const told = vi.fn()
    world.cluster.setCallback({ manageCallback: told })
    const requestNo = world.cluster.deleteQueueAsync({ pid: 8 })
    await eventually('the callback', () => told.mock.calls.length === 1)
    expect(told).toHaveBeenCalledWith(0, '', 'delete_queue', expect.any(Array), requestNo)
    expect(told.mock.calls[0]?.[3]).toHaveLength(1_200)
  })

  it.each(['cop1', 7, { forceDelete: 'yes' }, { requestNo: {} }])('refuses %j with 302, never "no filter"', async (options) => {
    await using world = await startHolding([])
    await expect(world.cluster.deleteQueue(options as never)).rejects.toMatchObject({ code: 302 })
    expect(() => world.cluster.deleteQueueAsync(options as never, () => {})).toThrow(expect.objectContaining({ code: 302 }))
    expect(world.manager.commands).toEqual([])
  })
})
