import { describe, expect, it } from 'vitest'
import { Settling } from './settling'
import { ManualTimers } from './test-timers'

/** A board that gets in line when it is told to. */
function world(outcome: (settling: Settling) => boolean = () => true) {
  const timers = new ManualTimers()
  let runs = 0
  const settling: Settling = new Settling(async () => {
    runs++
    return outcome(settling)
  }, timers.after)
  return { settling, timers, runs: () => runs }
}

describe('a board that comes up', () => {
  it('is settled once, and left alone when all is well', async () => {
    const { settling, timers, runs } = world()

    settling.up()
    await settling.ended()

    expect(runs()).toBe(1)
    expect(timers.waiting).toEqual([])
  })

  it('is settled again for as long as something is not well, with pauses that grow to a minute', async () => {
    const { settling, timers } = world(() => false)
    const pauses: number[] = []

    settling.up()
    for (let n = 0; n < 7; n++) {
      await settling.ended()
      pauses.push(...timers.waiting)
      timers.fire()
    }

    expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  it('is left alone once it goes down, and begins anew when it is back', async () => {
    const { settling, timers, runs } = world(() => false)
    settling.up()
    await settling.ended()
    timers.fire()
    await settling.ended()

    settling.down()
    settling.again()
    expect(timers.waiting).toEqual([])
    settling.up()
    await settling.ended()

    expect(runs()).toBe(3)
    expect(timers.waiting).toEqual([2_000])
  })
})

describe('a board on which something fails later', () => {
  it('is settled again in a moment, however many failures there are and however long it was to wait', async () => {
    let well = false
    const { settling, timers, runs } = world(() => well)
    settling.up()
    for (let n = 0; n < 6; n++) {
      await settling.ended()
      timers.fire()
    }
    await settling.ended()
    expect(timers.waiting).toEqual([60_000])
    well = true

    settling.again()
    settling.again()
    expect(timers.waiting).toEqual([2_000])
    timers.fire()
    await settling.ended()

    expect(runs()).toBe(8)
    expect(timers.waiting).toEqual([])
  })

  it('while it is being settled: again afterwards, at once where something has become free', async () => {
    const meanwhile: ((settling: Settling) => void)[] = [(settling) => settling.again(), (settling) => settling.wake()]
    const { settling, timers, runs } = world((settling) => {
      meanwhile.shift()?.(settling)
      return true
    })
    settling.up()
    await settling.ended()
    expect([runs(), timers.waiting]).toEqual([1, [2_000]])

    timers.fire()
    await settling.ended()

    expect([runs(), timers.waiting]).toEqual([3, []])
  })
})
