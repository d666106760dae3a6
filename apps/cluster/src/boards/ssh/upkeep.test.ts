import { describe, expect, it } from 'vitest'
import { Upkeep } from './upkeep'

/** Timers that run when they are told to. */
function world(prepare: () => Promise<void>, look: () => Promise<void> = async () => {}, taken?: () => number) {
  const timers: { ms: number; run: () => void }[] = []
  const said: string[] = []
  const upkeep = new Upkeep({
    prepare,
    look,
    ...(taken ? { taken } : {}),
    onReady: () => said.push('ready'),
    onFailed: (error) => said.push((error as Error).message),
    after: (ms, run) => {
      const timer = { ms, run }
      timers.push(timer)
      return () => {
        if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1)
      }
    },
  })
  const fire = async () => {
    timers.shift()?.run()
    for (let n = 0; n < 10; n++) await Promise.resolve()
  }
  return { upkeep, timers, said, fire }
}

describe('what is connected', () => {
  it('is made ready, again and again with growing pauses until it is', async () => {
    let failures = 2
    const { upkeep, timers, said, fire } = world(async () => {
      if (failures-- > 0) throw new Error(`no ${failures}`)
    })

    upkeep.begin()
    await upkeep.settled
    expect(timers.map(({ ms }) => ms)).toEqual([500])
    await fire()
    expect(timers.map(({ ms }) => ms)).toEqual([1000])
    await fire()

    expect(said).toEqual(['no 1', 'no 0', 'ready'])
  })

  it('is looked at, and made ready again where it is not any more', async () => {
    let broken = false
    const { upkeep, timers, said, fire } = world(
      async () => {},
      async () => {
        if (broken) throw new Error('gone')
      },
    )
    upkeep.begin()
    await upkeep.settled
    await fire()
    expect(said).toEqual(['ready'])

    broken = true
    await fire()

    expect(said).toEqual(['ready', 'gone', 'ready'])
    upkeep.stop()
    expect(timers).toEqual([])
  })

  it('may take its time to answer a look while an upload gets on, and no longer', async () => {
    let taken = 0
    const { upkeep, timers, said, fire } = world(
      async () => {},
      () => new Promise(() => {}),
      () => taken,
    )
    upkeep.begin()
    await upkeep.settled
    await fire()
    for (let n = 0; n < 3; n++) {
      taken += 100_000
      await fire()
    }
    expect(said).toEqual(['ready'])
    expect(timers.map(({ ms }) => ms)).toEqual([5000])

    await fire()

    expect(said).toEqual(['ready', 'it did not answer within 5000 ms', 'ready'])
  })

  it('has failed where it does not answer in time, while it is made ready and while it is looked at', async () => {
    let answers = true
    const never = () => (answers ? Promise.resolve() : new Promise<void>(() => {}))
    const { upkeep, timers, said, fire } = world(never, never)
    upkeep.begin()
    await upkeep.settled
    answers = false

    await fire()
    await fire()
    expect(timers.map(({ ms }) => ms)).toEqual([5_000])
    await fire()

    expect(said).toEqual(['ready', 'it did not answer within 5000 ms', 'it did not answer within 5000 ms'])
    expect(timers.map(({ ms }) => ms)).toEqual([500])
  })

  it('is let go when the connection is lost, whatever is still under way', async () => {
    let finish = () => {}
    const { upkeep, timers, said } = world(() => new Promise<void>((resolve) => (finish = resolve)))
    upkeep.begin()

    upkeep.stop()
    finish()
    await upkeep.settled
    await Promise.resolve()

    expect(said).toEqual([])
    expect(timers).toEqual([])
  })
})
