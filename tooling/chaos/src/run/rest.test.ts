import { describe, expect, it } from 'vitest'
import { WITH_CONTAINERS } from '../world/inferences'
import { unrestIn } from './rest'

const credit = (suffixName: string) => ({ suffixName, board: 'b', connected: true, free: 4, inFlight: 0, maxSendNum: 4, answered: 9 })
const everyCredit = () => WITH_CONTAINERS.flatMap((name) => [credit(`${name}-b1`), credit(`${name}-b2`)])
const EXPECTED = { withContainers: WITH_CONTAINERS, boards: 2 }
const quiet = { restGauges: ['requests_waiting'], gauges: { requests_waiting: 0, subscriptions: 0, connections: 7 } }

describe('a world', () => {
  it('is at rest when every rest gauge is zero and every credit free', () => {
    expect(unrestIn({ ...quiet, credits: everyCredit() }, EXPECTED)).toEqual([])
  })

  it('is not at rest with a rest gauge that is not zero', () => {
    expect(unrestIn({ ...quiet, gauges: { ...quiet.gauges, requests_waiting: 2 }, credits: everyCredit() }, EXPECTED)).toEqual([
      'requests_waiting is 2',
    ])
  })

  it('is not at rest while somebody still gets what a source publishes', () => {
    expect(unrestIn({ ...quiet, gauges: { ...quiet.gauges, subscriptions: 1 }, credits: everyCredit() }, EXPECTED)).toEqual([
      'subscriptions is 1',
    ])
  })

  it.each([
    ['taken', { free: 3, inFlight: 1 }],
    ['lost', { free: 3, inFlight: 0 }],
  ])('is not at rest with a credit that is %s', (_what, change) => {
    const [first, ...others] = everyCredit()
    const unrest = unrestIn({ ...quiet, credits: [{ ...credit(''), ...first, ...change }, ...others] }, EXPECTED)
    expect(unrest).toEqual([expect.stringContaining('credits free')])
  })

  it('is not at rest when a container has not come back', () => {
    expect(unrestIn({ ...quiet, credits: everyCredit().slice(1) }, EXPECTED)).toEqual(['1 containers of echo are connected, not 2'])
  })
})
