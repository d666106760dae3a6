import { describe, expect, it } from 'vitest'
import { endOfTurn } from '../test/records'
import { FlushScheduler } from './flush-scheduler'

describe('a flush scheduler', () => {
  it('calls each listener once at the end of its turn, in order, and not before', async () => {
    const scheduler = new FlushScheduler()
    const called: string[] = []
    for (const name of ['a', 'b', 'c']) scheduler.schedule({ endTurn: () => called.push(name) })
    await Promise.resolve()
    expect(called).toEqual([])
    await endOfTurn()
    expect(called).toEqual(['a', 'b', 'c'])
    await endOfTurn()
    expect(called).toEqual(['a', 'b', 'c'])
  })

  it('keeps what is scheduled while it calls for the next turn', async () => {
    const scheduler = new FlushScheduler()
    const called: string[] = []
    const again = { endTurn: () => called.push('again') }
    scheduler.schedule({
      endTurn: () => {
        called.push('first')
        scheduler.schedule(again)
      },
    })
    await endOfTurn()
    expect(called).toEqual(['first'])
    await endOfTurn()
    await endOfTurn()
    expect(called).toEqual(['first', 'again'])
  })
})
