import { freshSeed, seededRandom } from '@aicluster/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DeadlineEntry, Deadlines } from './deadlines'

const SEED = Number(process.env.AICLUSTER_SEED ?? freshSeed())

interface Entry extends DeadlineEntry {
  name: number
}

const entry = (name = 0): Entry => ({ name, dueAtMs: 0, heapPlace: -1 })

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function watched(): { deadlines: Deadlines<Entry>; due: [number, number][] } {
  const due: [number, number][] = []
  const startedAt = performance.now()
  return { deadlines: new Deadlines<Entry>(({ name }) => due.push([name, performance.now() - startedAt])), due }
}

const inMs = (ms: number): number => performance.now() + ms

describe('deadlines', () => {
  it('are told on time, earliest first, whatever the order in which they came', () => {
    const { deadlines, due } = watched()
    for (const ms of [300, 100, 200]) deadlines.add(entry(ms), inMs(ms))
    vi.advanceTimersByTime(1_000)
    expect(due).toEqual([
      [100, 100],
      [200, 200],
      [300, 300],
    ])
  })

  it('that are taken back are not told', () => {
    const { deadlines, due } = watched()
    const [kept, gone] = [entry(1), entry(2)]
    deadlines.add(gone, inMs(50))
    deadlines.add(kept, inMs(60))
    deadlines.remove(gone)
    deadlines.remove(gone)
    vi.advanceTimersByTime(100)
    expect(due).toEqual([[1, 60]])
    expect(deadlines.size).toBe(0)
  })

  it('may be set again by whoever is told', () => {
    const times: number[] = []
    const again = entry()
    const startedAt = performance.now()
    const deadlines: Deadlines<Entry> = new Deadlines((one) => {
      times.push(performance.now() - startedAt)
      if (times.length < 3) deadlines.add(one, inMs(10))
    })
    deadlines.add(again, inMs(10))
    vi.advanceTimersByTime(100)
    expect(times).toEqual([10, 20, 30])
  })

  it('further away than a timer of Node reaches are neither told at once nor forgotten', () => {
    const { deadlines, due } = watched()
    deadlines.add(entry(1), inMs(2 ** 32 - 2))
    vi.advanceTimersByTime(2 ** 31)
    expect(due).toEqual([])
    vi.advanceTimersByTime(2 ** 31)
    expect(due).toEqual([[1, 2 ** 32 - 2]])
  })

  it('share one timer', () => {
    const { deadlines } = watched()
    for (let i = 0; i < 1_000; i++) deadlines.add(entry(i), inMs(1_000 + i))
    expect(vi.getTimerCount()).toBe(1)
  })

  it(`come and go in any order and are told exactly then (seed ${SEED}, AICLUSTER_SEED repeats it)`, () => {
    const random = seededRandom(SEED)
    const { deadlines, due } = watched()
    const expected = new Map<Entry, number>()
    let nowMs = 0
    for (let i = 0; i < 3_000; i++) {
      const held = [...expected.keys()]
      const dice = held.length === 0 ? 0 : random.integer(0, 3)
      if (dice < 2) {
        const one = entry(i)
        const ms = random.integer(1, 500)
        deadlines.add(one, inMs(ms))
        expected.set(one, nowMs + ms)
      } else if (dice === 2) {
        const one = held[random.integer(0, held.length - 1)] as Entry
        deadlines.remove(one)
        expected.delete(one)
      } else {
        const ms = random.integer(1, 20)
        nowMs += ms
        due.length = 0
        vi.advanceTimersByTime(ms)
        const passed = [...expected].filter(([, dueAtMs]) => dueAtMs <= nowMs)
        for (const [one] of passed) expected.delete(one)
        expect(due.map(([, at]) => at)).toEqual(passed.map(([, at]) => at).sort((a, b) => a - b))
        expect(due.map(([name]) => name).sort()).toEqual(passed.map(([{ name }]) => name).sort())
      }
      expect(deadlines.size).toBe(expected.size)
    }
  })
})
