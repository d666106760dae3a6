import { freshSeed, seededRandom } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { SendWindow } from './send-window'

const SEED = Number(process.env.AICLUSTER_SEED ?? freshSeed())

describe('a send window', () => {
  it('counts what was sent until the peer acknowledges it', () => {
    const window = new SendWindow()
    for (const bytes of [10, 20, 30]) window.sent(bytes)
    expect(window).toMatchObject({ unackedBytes: 60, unackedRecords: 3 })
    window.acknowledged(2)
    expect(window).toMatchObject({ unackedBytes: 30, unackedRecords: 1 })
    window.acknowledged(3)
    expect(window).toMatchObject({ unackedBytes: 0, unackedRecords: 0 })
  })

  it('takes no notice of an ack that is old, doubled, or of what was never sent', () => {
    const window = new SendWindow()
    for (const bytes of [10, 20]) window.sent(bytes)
    expect(window.acknowledged(1)).toBe(true)
    for (const ack of [0, 1, 3, 2 ** 48 - 1]) expect(window.acknowledged(ack)).toBe(false)
    expect(window).toMatchObject({ unackedBytes: 20, unackedRecords: 1 })
  })

  it(`agrees with a plain list, whatever is sent and acknowledged (seed ${SEED}, AICLUSTER_SEED repeats it)`, () => {
    const random = seededRandom(SEED)
    const window = new SendWindow()
    const sizes: number[] = []
    let acked = 0
    for (let step = 0; step < 20_000; step++) {
      // Long runs without an ack make the ring grow, some of them twice.
      if (random.chance(0.997)) {
        sizes.push(random.integer(1, 1000))
        window.sent(sizes[sizes.length - 1] as number)
      } else {
        acked = random.integer(acked, sizes.length)
        window.acknowledged(acked)
      }
      expect(window.unackedRecords).toBe(sizes.length - acked)
    }
    expect(window.unackedBytes).toBe(sizes.slice(acked).reduce((sum, bytes) => sum + bytes, 0))
  })

  it('does not grow without end for a peer that never acknowledges', () => {
    const window = new SendWindow()
    for (let sent = 0; sent < 2 ** 20 + 1000; sent++) window.sent(1)
    expect(window).toMatchObject({ unackedRecords: 2 ** 20, unackedBytes: 2 ** 20 })
  })
})
