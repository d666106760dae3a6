import { describe, expect, it, vi } from 'vitest'
import { Slots } from './slots'

/** Work that goes on until it is ended, each with the number of its beginning. */
class Works {
  readonly begun: string[] = []
  readonly #ends = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>()

  readonly start = (name: string) => () =>
    new Promise<void>((resolve, reject) => {
      this.begun.push(name)
      this.#ends.set(name, { resolve, reject })
    })

  async end(name: string, error?: Error): Promise<void> {
    const { resolve, reject } = this.#ends.get(name) ?? {}
    if (error) reject?.(error)
    else resolve?.()
    await new Promise(setImmediate)
  }
}

describe('slots', () => {
  it('let so much go on at once, the rest in turn', async () => {
    const [slots, works] = [new Slots(2), new Works()]
    const all = Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => slots.run(works.start(name))))
    expect(works.begun).toEqual(['a', 'b'])

    await works.end('b', new Error('broken'))
    expect(works.begun).toEqual(['a', 'b', 'c'])
    await works.end('a')
    await works.end('c')
    await works.end('d')

    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  })

  it('become fewer when fewer fit: what found no room is done later', async () => {
    const [slots, works] = [new Slots(3, (error) => (error as Error).message === 'full'), new Works()]
    const all = ['a', 'b', 'c', 'd'].map((name) => slots.run(works.start(name)))

    await works.end('c', new Error('full'))
    expect(works.begun).toEqual(['a', 'b', 'c'])
    await works.end('a')
    await works.end('b')

    expect(works.begun).toEqual(['a', 'b', 'c', 'd', 'c'])
    await works.end('d')
    await works.end('c')
    await Promise.all(all)
  })

  it('are tried again after a pause by what is refused alone: what has ended here may still end there', async () => {
    let refusals = 3
    const pause = vi.fn(async () => {})
    const slots = new Slots(3, () => true, pause)

    await slots.run(async () => {
      if (refusals-- > 0) throw new Error('full')
    })

    expect(pause).toHaveBeenCalledTimes(3)
  })

  it('are not blamed when work goes on failing alone', async () => {
    const work = vi.fn(() => Promise.reject(new Error('full')))

    await expect(
      new Slots(
        3,
        () => true,
        async () => {},
      ).run(work),
    ).rejects.toThrow('full')

    expect(work).toHaveBeenCalledTimes(10)
  })

  it('are not waited for by what is no longer wanted', async () => {
    const [slots, works] = [new Slots(1), new Works()]
    const first = slots.run(works.start('a'))
    const abort = new AbortController()
    const second = expect(slots.run(works.start('b'), abort.signal)).rejects.toThrow('changed my mind')
    abort.abort(new Error('changed my mind'))
    await second
    await works.end('a')
    await first
    expect(works.begun).toEqual(['a'])
  })
})
