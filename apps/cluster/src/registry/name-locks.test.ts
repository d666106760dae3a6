import { describe, expect, it } from 'vitest'
import { NameLocks } from './name-locks'

const later = () => {
  let done = () => {}
  const promise = new Promise<void>((resolve) => {
    done = resolve
  })
  return { promise, done }
}

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

  it("let the manager's own work wait for a command, and commands for that work", async () => {
    const locks = new NameLocks()
    const steps: string[] = []
    const command = later()
    const running = locks.with(['a'], () => command.promise)
    const own = later()
    const quiet = locks.patiently(['a'], async () => {
      steps.push('own')
      await own.promise
    })

    command.done()
    await running
    await Promise.resolve()
    await Promise.resolve()
    expect(steps).toEqual(['own'])
    const next = locks.with(['A'], async () => steps.push('command'))
    own.done()
    await Promise.all([quiet, next])

    expect(steps).toEqual(['own', 'command'])
  })

  it("take the names that are registered once the manager's own work is over, not those of before", async () => {
    const locks = new NameLocks()
    const own = later()
    let registered = ['a']
    const quiet = locks.patiently(['a'], () => own.promise)
    const held = later()
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
})
