import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { KeyStore } from './key-store'
import { KeyWatch } from './key-watch'
import { LOCAL_PRINCIPAL, type Principal } from './principal'

const camera: Principal = { ...LOCAL_PRINCIPAL, id: '1', name: 'camera', public_key: '', token_sha256: '', created: '' }

describe('the watch over who may come', () => {
  let file: { changedAt: string; principals: Principal[] | 'half written' } | undefined
  let known: string[][]

  beforeEach(async () => {
    vi.useFakeTimers()
    file = { changedAt: '1', principals: [camera] }
    known = []
    const store = {
      changedAt: async () => file?.changedAt,
      read: async () => {
        if (file?.principals === 'half written') throw new Error('not JSON')
        return { revision: 1, principals: file?.principals ?? [] }
      },
      setApplied: async () => {},
    } as unknown as KeyStore
    const watch = new KeyWatch(store, pino({ level: 'silent' }), async (principals) => void known.push(principals.map(({ name }) => name)))
    await watch.start()
  })
  afterEach(() => vi.useRealTimers())

  it('does not take a file that is being replaced, gone or half written, for a word against everybody', async () => {
    file = undefined
    await vi.advanceTimersByTimeAsync(1_000)
    file = { changedAt: '2', principals: 'half written' }
    await vi.advanceTimersByTimeAsync(60_000)
    file = { changedAt: '3', principals: [camera] }
    await vi.advanceTimersByTimeAsync(1_000)
    expect(known).toEqual([['camera'], ['camera']])
  })

  it('takes a file that stays away for removed', async () => {
    file = undefined
    await vi.advanceTimersByTimeAsync(5_000)
    expect(known).toEqual([['camera'], []])
  })
})
