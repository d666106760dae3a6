import { clusterError } from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import { NameLocks } from './name-locks'

const later = () => {
  let done = () => {}
  const promise = new Promise<void>((resolve) => {
    done = resolve
  })
  return { promise, done }
}

const late = () => clusterError('ssh', { detail: 'board "b": it is being brought in line' })

describe('locks of names', () => {
  it('refuse a second command with 309, whatever the case of the name', async () => {
    const locks = new NameLocks()
    const first = later()
    const running = locks.with(['a', 'b'], () => first.promise)

    await expect(locks.with(['B', 'c'], async () => {})).rejects.toMatchObject({ code: 309, details: { names: ['B'] } })

    first.done()
    await running
    await expect(locks.with(['b'], async () => 7)).resolves.toBe(7)
  })

  it("tell the manager's own work when a command has ended, and let commands wait for that work", async () => {
    const locks = new NameLocks()
    const steps: string[] = []
    const [command, own] = [later(), later()]
    const running = locks.with(['a'], () => command.promise)
    expect(await locks.tryOwn(['A'], late, async () => {})).toBe(false)
    const free = locks.whenFree(['A'])

    command.done()
    await Promise.all([running, free])
    const quiet = locks.tryOwn(['a'], late, async () => {
      await own.promise
      steps.push('own')
    })
    const next = locks.with(['A'], async () => steps.push('command'))
    const another = locks.tryOwn(['a', 'b'], late, async () => void steps.push('another'))
    own.done()

    expect(await Promise.all([quiet, next, another])).toEqual([true, 2, false])
    expect(steps).toEqual(['own', 'command'])
    expect(await locks.tryOwn(['a', 'b'], late, async () => void steps.push('another'))).toBe(true)
  })

  it("take the names that are registered once the manager's own work is over, not those of before", async () => {
    const locks = new NameLocks()
    const [own, held] = [later(), later()]
    let registered = ['a']
    const quiet = locks.tryOwn(['a'], late, () => own.promise)
    const running = locks.with(
      () => registered,
      () => held.promise,
    )

    registered = ['a', 'b']
    own.done()
    await quiet
    await Promise.resolve()

    await expect(locks.with(['b'], async () => {})).rejects.toMatchObject({ code: 309 })
    held.done()
    await running
  })

  it('are not waited for longer than their time, nor by whom has given up; what comes later is free', async () => {
    const timers: (() => void)[] = []
    const locks = new NameLocks((_ms, run) => {
      timers.push(run)
      return () => {}
    })
    const own = later()
    const quiet = locks.tryOwn(['a'], late, () => own.promise)
    const giveUp = new AbortController()
    const [slow, unwanted] = [locks.with(['a'], async () => 1), locks.with(['a'], async () => 2, giveUp.signal)]

    timers[0]?.()
    giveUp.abort(new Error('no more'))

    await expect(slow).rejects.toMatchObject({ code: 500, message: expect.stringContaining('board "b"') })
    await expect(unwanted).rejects.toThrow('no more')
    own.done()
    await quiet
    await expect(locks.with(['a'], async () => 3)).resolves.toBe(3)
  })
})
