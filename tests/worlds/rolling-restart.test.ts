import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { steadyLoad } from './steady-load'
import { startWorld } from './world'

const BODY = Uint8Array.of(1)
const IN_FLIGHT = 16

describe('under load', () => {
  it('SIGTERM to one container after another loses nothing', async () => {
    await using world = await startWorld()
    await world.load('slow', 'slow', { maxSendNum: 4 }, 'all')
    const load = steadyLoad(world, 'slow', { lanes: IN_FLIGHT, workMs: 5 })
    for (const container of ['slow-board1', 'slow-board2']) {
      const before = (await world.pids())[container] ?? 0
      process.kill(before, 'SIGTERM')
      await eventually(`${container} to run again`, async () => {
        const [status] = (await world.cluster.getContainerStatus('slow')).filter(({ suffixName }) => suffixName === container)
        return status?.pid !== undefined && status.pid !== before && status.connectStatus === 'connected'
      })
      await sleep(200)
    }

    const codes = await load.stop()

    expect(codes.filter((code) => code !== 0)).toEqual([])
    expect(codes.length).toBeGreaterThan(100)
    await world.atRest()
  })

  it('a manager that drains (SIGTERM) and its successor lose nothing that was accepted', async () => {
    await using world = await startWorld()
    await world.load('slow', 'slow', { maxSendNum: 4 }, 'all')
    const load = steadyLoad(world, 'slow', { lanes: IN_FLIGHT, workMs: 5 })
    await eventually('some load', () => load.codes.length > 50)
    expect(await world.endManager('SIGTERM')).toMatchObject({ code: 0 })
    await world.startManager()
    await eventually('the application', () => world.cluster.isConnected)
    await sleep(300)

    const codes = await load.stop()

    // What was refused because the manager was ending, or was not there, was never accepted.
    expect([...new Set(codes)].sort((a, b) => a - b)).toEqual([0, 111])
    expect(await world.counter('outcomes_error_402_total')).toBe(0)
    await world.atRest()
  })

  it('an application that drains gets every outcome first', async () => {
    await using world = await startWorld()
    await world.load('slow', 'slow', { maxSendNum: 4 }, 'all')
    const other = await world.connect()
    const open = Array.from({ length: 100 }, () => other.infer('slow', BODY, { ms: 5 }))
    const outcomes = Promise.allSettled(open)
    const released = other.release({ drainMs: 10_000 })
    await expect(other.infer('slow', BODY, { ms: 5 })).rejects.toMatchObject({ code: 111 })
    await released

    expect((await outcomes).filter(({ status }) => status === 'rejected')).toEqual([])
    await world.atRest()
  })
})
