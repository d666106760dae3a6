import { freshSeed, type SeededRandom, seededRandom } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { type DeadlineEntry, DeadlineWheel } from './deadline-wheel'

const NEVER = Number.POSITIVE_INFINITY

let entries = 0

class Entry implements DeadlineEntry {
  /** Makes one unequal to any other. */
  readonly id = ++entries
  deadlineMs = NEVER
  wheelSlot = -1
  wheelPrevious: DeadlineEntry | undefined
  wheelNext: DeadlineEntry | undefined
}

const armed = (wheel: DeadlineWheel, deadlineMs: number): Entry => {
  const entry = new Entry()
  wheel.add(entry, deadlineMs)
  return entry
}

describe('the deadline wheel', () => {
  it('fires at the deadline, not a moment before', () => {
    const wheel = new DeadlineWheel(0)
    const entry = armed(wheel, 12.5)
    expect(wheel.expire(12.25)).toEqual([])
    expect(wheel.expire(12.5)).toEqual([entry])
    expect(wheel.size).toBe(0)
  })

  it('fires a deadline that is past already at the next look', () => {
    const wheel = new DeadlineWheel(1000)
    wheel.expire(5000)
    const entry = armed(wheel, 2000)
    expect(wheel.expire(5000)).toEqual([entry])
  })

  it('fires what was armed within the tick that is going on', () => {
    const wheel = new DeadlineWheel(0)
    expect(wheel.expire(11)).toEqual([])
    const entry = armed(wheel, 12)
    expect(wheel.expire(11.5)).toEqual([])
    expect(wheel.expire(12)).toEqual([entry])
  })

  it('keeps a deadline of a later round for that round', () => {
    const wheel = new DeadlineWheel(0, 5, 8)
    const [near, far] = [armed(wheel, 20), armed(wheel, 20 + 3 * 40)]
    expect(wheel.expire(30)).toEqual([near])
    expect(wheel.expire(100)).toEqual([])
    expect(wheel.expire(139)).toEqual([])
    expect(wheel.expire(140)).toEqual([far])
  })

  it('fires everything after a jump of many rounds, earliest first', () => {
    const wheel = new DeadlineWheel(0, 5, 8)
    const [late, early, middle] = [armed(wheel, 900), armed(wheel, 3), armed(wheel, 77)]
    expect(wheel.expire(1_000_000)).toEqual([early, middle, late])
  })

  it('fires equal deadlines in the order in which they were added', () => {
    const wheel = new DeadlineWheel(0)
    const [a, b, c, d, e] = [10, 7, 10, 7, 10].map((deadlineMs) => armed(wheel, deadlineMs))
    expect(wheel.expire(20)).toEqual([b, d, a, c, e])
  })

  it('works on after it was idle for longer than a round', () => {
    const wheel = new DeadlineWheel(0, 5, 8)
    // Nobody looked for a long time: the owner stops looking while nothing is armed.
    const entry = armed(wheel, 1_000_010)
    expect(wheel.expire(1_000_005)).toEqual([])
    expect(wheel.expire(1_000_010)).toEqual([entry])
  })

  it('never fires what is never due, and does not count it', () => {
    const wheel = new DeadlineWheel(0)
    const entry = armed(wheel, NEVER)
    expect(wheel.size).toBe(0)
    expect(wheel.expire(1e15)).toEqual([])
    wheel.remove(entry)
    expect(wheel.size).toBe(0)
  })

  it('takes an entry out once, wherever it stands in its slot', () => {
    const wheel = new DeadlineWheel(0)
    const [first, middle, last] = [armed(wheel, 10), armed(wheel, 11), armed(wheel, 12)]
    wheel.remove(middle)
    wheel.remove(middle)
    expect(wheel.size).toBe(2)
    wheel.remove(last)
    expect(wheel.expire(20)).toEqual([first])
  })

  it('takes an entry again that has fired, also at once, in the past', () => {
    const wheel = new DeadlineWheel(0)
    const entry = armed(wheel, 10)
    for (const due of wheel.expire(20)) wheel.add(due, 15)
    expect(wheel.size).toBe(1)
    expect(wheel.expire(20)).toEqual([entry])
    expect(wheel.expire(20)).toEqual([])
  })

  it('holds deadlines centuries away', () => {
    const wheel = new DeadlineWheel(0)
    const centuries = 2 ** 45
    const entry = armed(wheel, centuries)
    expect(wheel.expire(centuries - 1)).toEqual([])
    expect(wheel.expire(centuries)).toEqual([entry])
  })
})

describe('the deadline wheel beside a sorted list', () => {
  const seeds: [which: string, seed: number][] = [
    ['the fixed seed', 1],
    ['a fresh seed', freshSeed()],
  ]

  it.each(seeds)('fires the same entries at the same look, from %s %d', (_which, seed) => {
    const random = seededRandom(seed)
    let fired = 0
    for (let round = 0; round < 40; round++) fired += compareWithList(random, 300)
    expect(fired).toBeGreaterThan(1000)
  })

  it.each(seeds)('fires at most one tick late when it is looked at every tick, from %s %d', (_which, seed) => {
    const random = seededRandom(seed)
    const tickMs = 5
    const wheel = new DeadlineWheel(0, tickMs, 64)
    let latest = 0
    let fired = 0
    for (let nowMs = 0; nowMs < 20_000; nowMs += tickMs) {
      for (const { deadlineMs } of wheel.expire(nowMs)) {
        expect(deadlineMs).toBeLessThanOrEqual(nowMs)
        latest = Math.max(latest, nowMs - deadlineMs)
        fired++
      }
      armed(wheel, nowMs + random.next() * random.pick([1, 50, 500, 5000]))
    }
    expect(fired).toBeGreaterThan(1000)
    expect(latest).toBeLessThanOrEqual(tickMs)
  })
})

/** Random adds, removals and looks at a random pace; what fires, also again while it fires, is compared. Returns how much did. */
function compareWithList(random: SeededRandom, steps: number): number {
  let nowMs = random.integer(0, 1000) / 4
  const wheel = new DeadlineWheel(nowMs, random.pick([1, 5, 7]), random.pick([1, 2, 8, 64]))
  let list: Entry[] = []
  let fired = 0
  const add = (entry: Entry, deadlineMs: number): void => {
    wheel.add(entry, deadlineMs)
    if (deadlineMs !== NEVER) list.push(entry)
  }
  const anyDeadline = () => random.pick([nowMs, nowMs - random.integer(0, 100), nowMs + random.integer(0, 4000) / 4, nowMs + 1e5, NEVER])

  for (let step = 0; step < steps; step++) {
    const what = random.next()
    if (what < 0.4) add(new Entry(), anyDeadline())
    else if (what < 0.5 && list.length > 0) {
      const entry = random.pick(list)
      list = list.filter((other) => other !== entry)
      wheel.remove(entry)
    } else if (what < 0.8) nowMs += random.pick([0, 0.25, 1, 5, 17, 100, 20_000])
    else {
      const due = list.filter(({ deadlineMs }) => deadlineMs <= nowMs).sort((a, b) => a.deadlineMs - b.deadlineMs)
      list = list.filter(({ deadlineMs }) => deadlineMs > nowMs)
      expect(wheel.expire(nowMs)).toEqual(due)
      fired += due.length
      for (const entry of due) if (random.chance(0.1)) add(entry, anyDeadline())
    }
    expect(wheel.size).toBe(list.length)
  }
  return fired
}
