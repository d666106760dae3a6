import { describe, expect, it } from 'vitest'
import type { Snapshot } from './snapshot'
import { topLines, topView } from './top-view'

const PROCESS = { pid: 7, heapUsedBytes: 1, rssBytes: 2_000_000, externalBytes: 0, eventLoopDelayP99Ms: 1.25 }

function snapshot(uptimeMs: number, counters: Record<string, number>, answered: number, epoch = 1): Snapshot {
  return {
    boards: [{ name: 'b1', ip: '10.0.0.1', driver: 'local', state: 'up', reason: null, labels: {}, telemetry: null }],
    containers: [
      {
        name: 'a',
        suffixName: 'a-b1',
        allocatedCoprocessor: 'b1',
        connectStatus: 'connected',
        status: 'running',
        operate: 'Busy',
        queueNum: 3,
        sendDataNum: 1,
        maxSendNum: 4,
        restarts: 0,
      },
    ],
    metrics: {
      counters,
      gauges: { requests_waiting: 3, requests_in_flight: 1, hosts_connected: 2 },
      restGauges: [],
      queues: [{ name: 'a', waiting: 3, waitingBytes: 1500, inFlight: 1, containers: 1 }],
      credits: [{ suffixName: 'a-b1', board: 'b1', connected: true, free: 3, inFlight: 1, maxSendNum: 4, answered }],
      process: { ...PROCESS, uptimeMs },
      epoch,
    },
  } as unknown as Snapshot
}

const before = snapshot(1_000, { requests_received_total: 10, outcomes_result_total: 5 }, 5)
const now = snapshot(
  3_000,
  { requests_received_total: 110, outcomes_result_total: 65, outcomes_error_306_total: 2, outcomes_container_error_total: 4 },
  65,
)

describe('one moment of the cluster', () => {
  it('has rates by the manager clock, of the cluster, its boards and containers', () => {
    expect(topView(before, now)).toMatchObject({
      requests: { waiting: 3, inFlight: 1, receivedPerSecond: 50, answeredPerSecond: 30, failedPerSecond: 3 },
      boards: [{ name: 'b1', containers: 1, connected: 1, freeCredits: 3, credits: 4, answeredPerSecond: 30 }],
      containers: [{ suffixName: 'a-b1', freeCredits: 3, answeredPerSecond: 30 }],
    })
  })

  it.each([
    ['there is no earlier one', undefined, now],
    ['another manager answers', before, snapshot(500, {}, 0, 2)],
    ['no time has passed', now, now],
  ])('has no rates when %s', (_, earlier, later) => {
    const view = topView(earlier, later)
    expect(view.requests).toMatchObject({ receivedPerSecond: undefined, answeredPerSecond: undefined })
    expect(topLines(view)[2]).toEqual(['Per second - received, - answered, - failed'])
  })

  it('never has a negative rate: a container that connected anew counts from 0', () => {
    expect(topView(now, snapshot(4_000, now.metrics.counters, 3)).containers).toMatchObject([{ answeredPerSecond: 0 }])
  })

  it('is lines for a terminal', () => {
    expect(topLines(topView(before, now)).map(([text]) => text)).toEqual([
      'Manager    pid 7, up for 3 s, memory 2 MB, event-loop delay p99 1.3 ms',
      'Requests   3 waiting, 1 in flight; applications connected: 2',
      'Per second 50.0 received, 30.0 answered, 3.0 failed',
      '',
      'BOARD  DRIVER  ADDRESS   STATE  CONTAINERS  CONNECTED  FREE CREDITS  ANSWERS/S',
      'b1     local   10.0.0.1  up              1          1           3/4       30.0',
      '',
      'INFERENCE  CONTAINERS  QUEUE  QUEUED BYTES  IN FLIGHT',
      'a                   1      3        1.5 kB          1',
      '',
      'CONTAINER  INFERENCE  BOARD  STATUS   CONNECTION  OPERATE  QUEUE  IN FLIGHT  RESTARTS  ANSWERS/S  CPU  MEM',
      'a-b1       a          b1     running  connected   Busy         3        1/4         0       30.0    -    -',
    ])
  })
})
