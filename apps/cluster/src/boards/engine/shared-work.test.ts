import { describe, expect, it } from 'vitest'
import type { BoardWork } from '../board'
import { SharedWork } from './shared-work'

/** Work that goes on until the test says so. */
function controlled() {
  const runs: { work: BoardWork; done(value: string): void; fail(error: unknown): void }[] = []
  const start = (work: BoardWork) =>
    new Promise<string>((done, fail) => {
      work.signal?.addEventListener('abort', () => fail(work.signal?.reason))
      runs.push({ work, done, fail })
    })
  return { runs, start }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('work that several wait for', () => {
  it('is done once, and all hear how far it is', async () => {
    const { runs, start } = controlled()
    const shared = new SharedWork<string>()
    const heard: number[][] = [[], []]
    const first = shared.run('a', { onBytes: (done) => heard[0]?.push(done) }, start)
    await turn()
    runs[0]?.work.onBytes?.(1, 10)
    const second = shared.run('a', { onBytes: (done) => heard[1]?.push(done) }, start)
    runs[0]?.work.onBytes?.(2, 10)
    runs[0]?.done('x')
    expect(await Promise.all([first, second])).toEqual(['x', 'x'])
    expect(runs).toHaveLength(1)
    expect(heard).toEqual([
      [1, 2],
      [1, 2],
    ])
  })

  it('goes on when one of them gives it up, and ends when the last one does', async () => {
    const { runs, start } = controlled()
    const shared = new SharedWork<string>()
    const [one, two] = [new AbortController(), new AbortController()]
    const first = shared.run('a', { signal: one.signal }, start)
    const second = shared.run('a', { signal: two.signal }, start)
    await turn()
    one.abort(new Error('one'))
    await expect(first).rejects.toThrow('one')
    expect(runs[0]?.work.signal?.aborted).toBe(false)
    two.abort(new Error('two'))
    await expect(second).rejects.toThrow('two')
    expect(runs[0]?.work.signal?.aborted).toBe(true)
  })

  it('is done anew after it failed, or was given up', async () => {
    const { runs, start } = controlled()
    const shared = new SharedWork<string>()
    const first = shared.run('a', {}, start)
    await turn()
    runs[0]?.fail(new Error('no'))
    await expect(first).rejects.toThrow('no')
    const giveUp = new AbortController()
    const second = shared.run('a', { signal: giveUp.signal }, start)
    await turn()
    giveUp.abort(new Error('enough'))
    const third = shared.run('a', {}, start)
    await expect(second).rejects.toThrow('enough')
    await turn()
    runs[2]?.done('y')
    expect(await third).toBe('y')
  })
})
