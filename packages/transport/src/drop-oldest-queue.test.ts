import { describe, expect, it } from 'vitest'
import { DropOldestQueue } from './drop-oldest-queue'

/** Each item counts for its bytes and 256 more. */
const queueOf = (limits: { windowBytes: number; waitingBytes?: number; waitingCount?: number }) => {
  const sent: string[] = []
  const compacted: string[] = []
  let dropped = 0
  const queue = new DropOldestQueue<{ bytes: number; name: string; compact(): void }>(
    ({ name }) => sent.push(name),
    (count) => {
      dropped += count
    },
    { waitingBytes: Number.POSITIVE_INFINITY, waitingCount: Number.POSITIVE_INFINITY, ...limits },
  )
  const add = (names: string, bytes = 0) => {
    for (const name of names) queue.add({ name, bytes, compact: () => compacted.push(name) })
  }
  return { queue, add, sent, compacted, dropped: () => dropped }
}

describe('a queue that drops the oldest', () => {
  it('sends within its window, and the rest in order as acks come', () => {
    const { queue, add, sent, compacted } = queueOf({ windowBytes: 512 })
    add('abcd')

    expect(sent).toEqual(['a', 'b'])
    expect(compacted).toEqual(['c', 'd'])
    expect([queue.waitingCount, queue.waitingBytes]).toEqual([2, 512])

    queue.acknowledged(1)
    expect(sent).toEqual(['a', 'b', 'c'])

    queue.acknowledged(3)
    expect(sent).toEqual(['a', 'b', 'c', 'd'])
    expect([queue.waitingCount, queue.waitingBytes]).toEqual([0, 0])
  })

  it('lets nothing overtake what waits', () => {
    const { queue, add, sent } = queueOf({ windowBytes: 1000 })
    add('a', 500)
    add('b', 500)
    add('c')

    expect(sent).toEqual(['a'])
    queue.acknowledged(1)
    expect(sent).toEqual(['a', 'b'])
  })

  it('drops the oldest of what waits beyond the count, and counts it', () => {
    const { queue, add, sent, dropped } = queueOf({ windowBytes: 256, waitingCount: 2 })
    add('abcde')

    expect(dropped()).toBe(2)
    queue.acknowledged(1)
    queue.acknowledged(2)
    expect(sent).toEqual(['a', 'd', 'e'])
  })

  it('drops the oldest of what waits beyond the bytes, never the newest', () => {
    const { queue, add, sent, dropped } = queueOf({ windowBytes: 256, waitingBytes: 1000 })
    add('abc', 100)
    add('d', 5000)

    expect(dropped()).toBe(2)
    queue.acknowledged(1)
    expect(sent).toEqual(['a', 'd'])
  })

  it('sends one that is larger than the window alone', () => {
    const { queue, add, sent } = queueOf({ windowBytes: 300 })
    add('ab', 1000)

    expect(sent).toEqual(['a'])
    queue.acknowledged(1)
    expect(sent).toEqual(['a', 'b'])
  })

  it('forgets everything with the connection, and begins anew with the next one', () => {
    const { queue, add, sent, dropped } = queueOf({ windowBytes: 256 })
    add('abc')

    queue.clear()
    add('d')

    expect(dropped()).toBe(2)
    expect(sent).toEqual(['a', 'd'])
    expect([queue.waitingCount, queue.waitingBytes]).toEqual([0, 0])
  })
})
