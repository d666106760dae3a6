import { InferenceResponse } from '@aicluster/protocol'
import { NumberTable } from '@aicluster/transport'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ReceivedRequest } from './received-request'
import { StartedReport } from './started-report'

beforeEach(() => {
  vi.useFakeTimers()
  // A request taken at 0 would be one that waits.
  vi.advanceTimersByTime(1000)
})
afterEach(() => void vi.useRealTimers())

const taken = (number: number) => {
  const request = new ReceivedRequest(new Uint8Array(0), new InferenceResponse(), number)
  request.takenAtMs = performance.now()
  return request
}

const table = (...requests: ReceivedRequest[]) => {
  const inHand = new NumberTable<ReceivedRequest>()
  for (const request of requests) inHand.set(request.number, request)
  return inHand
}

describe('the report of what has started', () => {
  it('names what has run for 50 ms, in one batch, once', () => {
    const inHand = table(taken(1), taken(2))
    const report = vi.fn()
    new StartedReport(inHand, report).arm()
    vi.advanceTimersByTime(500)
    expect(report.mock.calls).toEqual([[[1, 2]]])
  })

  it('does not name what waits in the Connector, nor what was answered sooner', () => {
    const waiting = taken(1)
    waiting.takenAtMs = 0
    const inHand = table(waiting, taken(2))
    const report = vi.fn()
    new StartedReport(inHand, report).arm()
    inHand.delete(2)
    vi.advanceTimersByTime(500)
    expect(report).not.toHaveBeenCalled()
  })

  it('stops looking when nothing is in hand', () => {
    const inHand = table()
    new StartedReport(inHand, vi.fn()).arm()
    vi.advanceTimersByTime(500)
    expect(vi.getTimerCount()).toBe(0)
  })
})
