import type { BoardTelemetryView } from '@aicluster/protocol'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { describe, expect, it } from 'vitest'
import { LocalMachine } from '../local/local-machine'
import { readTelemetry } from './read-telemetry'
import { parseTelemetry } from './telemetry-command'
import { TelemetryPoll } from './telemetry-poll'

const AT = new Date(0)

const NO_LINUX = process.platform === 'linux' ? undefined : 'its figures come from /proc: needs Linux'

describeUnless(NO_LINUX, 'telemetry of this machine', () => {
  it('has load, memory and disk', async () => {
    const machine = new LocalMachine({ board: 'b1', engineSocket: '/nowhere' })
    const telemetry = await readTelemetry(machine, "/no such $(folder)'s", () => 0)
    expect(telemetry).toMatchObject({ at: '1970-01-01T00:00:00.000Z', cpus: expect.any(Number), load: expect.any(Array) })
    expect(telemetry.memory_total_bytes).toBeGreaterThan(telemetry.memory_used_bytes as number)
    expect(telemetry.disk_total_bytes).toBeGreaterThan(0)
  })
})

describe('telemetry', () => {
  it('that a machine does not have is null', () => {
    const nothing = {
      cpus: null,
      load: null,
      memory_total_bytes: null,
      memory_used_bytes: null,
      disk_total_bytes: null,
      disk_free_bytes: null,
    }
    expect(parseTelemetry('', AT)).toEqual({ at: AT.toISOString(), ...nothing, temperature_celsius: null, gpus: [] })
  })

  it('of a Jetson comes from tegrastats, where its nvidia-smi knows no figures', () => {
    const smi = '\n@@aicluster nvidia-smi\n0, Orin (nvgpu), [N/A], [N/A], [N/A], [N/A]\n'
    expect(parseTelemetry(`${smi}\n@@aicluster tegrastats\nGR3D_FREQ 7% gpu@40C`, AT).gpus).toMatchObject([{ use_percent: 7 }])
    expect(parseTelemetry(`${smi}\n@@aicluster tegrastats\n`, AT).gpus).toMatchObject([{ name: 'Orin (nvgpu)', use_percent: null }])
  })
})

describe('a poll', () => {
  const world = () => {
    const timers: (() => void)[] = []
    const reads: { resolve: (telemetry: BoardTelemetryView) => void; reject: (why: Error) => void }[] = []
    const poll = new TelemetryPoll({
      read: () => new Promise((resolve, reject) => reads.push({ resolve, reject })),
      after: (_, run) => {
        timers.push(run)
        return () => timers.splice(timers.indexOf(run), 1)
      },
    })
    const settled = () => new Promise((resolve) => setImmediate(resolve))
    return { poll, timers, reads, settled }
  }

  it('reads one after the other; a failure leaves the last value', async () => {
    const { poll, timers, reads, settled } = world()
    const [first, second] = [parseTelemetry('', AT), parseTelemetry('', new Date(10_000))]
    poll.start()
    poll.start()
    expect([reads.length, poll.latest]).toEqual([1, undefined])
    reads[0]?.resolve(first)
    await settled()
    expect([poll.latest, timers.length]).toEqual([first, 1])
    timers.shift()?.()
    reads[1]?.reject(new Error('hangs'))
    await settled()
    expect([poll.latest, timers.length]).toEqual([first, 1])
    timers.shift()?.()
    reads[2]?.resolve(second)
    await settled()
    expect(poll.latest).toBe(second)
  })

  it('knows nothing once it is stopped, though a reading comes late', async () => {
    const { poll, timers, reads, settled } = world()
    poll.start()
    poll.stop()
    reads[0]?.resolve(parseTelemetry('', AT))
    await settled()
    expect([poll.latest, timers.length]).toEqual([undefined, 0])
  })
})
