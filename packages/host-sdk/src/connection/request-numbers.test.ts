import { ConnectionFailedError } from '@aicluster/protocol'
import { describe, expect, it, vi } from 'vitest'
import { RequestNumbers } from './request-numbers'

describe('request numbers', () => {
  it('rise from the first of the block', () => {
    const numbers = new RequestNumbers(() => {})
    numbers.restart({ first: 100, count: 10 })
    expect([numbers.take(), numbers.take()]).toEqual([100, 101])
  })

  it('ask for the next block once, before they run out', () => {
    const askForMore = vi.fn()
    const numbers = new RequestNumbers(askForMore)
    numbers.restart({ first: 1, count: 2 ** 18 + 2 })
    numbers.take()
    expect(askForMore).not.toHaveBeenCalled()
    for (let i = 0; i < 10; i++) numbers.take()
    expect(askForMore).toHaveBeenCalledTimes(1)
  })

  it('go on in the next block', () => {
    const numbers = new RequestNumbers(() => {})
    numbers.restart({ first: 1, count: 2 })
    numbers.add({ first: 500, count: 10 })
    expect([numbers.take(), numbers.take(), numbers.take()]).toEqual([1, 2, 500])
  })

  it('are refused with 111 when the cluster has not sent more in time', () => {
    const numbers = new RequestNumbers(() => {})
    numbers.restart({ first: 1, count: 1 })
    numbers.take()
    expect(() => numbers.take()).toThrow(ConnectionFailedError)
  })

  it('never use what was granted to an earlier session', () => {
    const numbers = new RequestNumbers(() => {})
    numbers.restart({ first: 1, count: 100 })
    numbers.add({ first: 200, count: 100 })
    numbers.restart({ first: 1000, count: 1 })
    expect(numbers.take()).toBe(1000)
    expect(() => numbers.take()).toThrow(ConnectionFailedError)
  })
})
