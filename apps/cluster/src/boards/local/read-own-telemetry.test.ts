import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { readTelemetry } from '../telemetry/read-telemetry'
import { LocalMachine } from './local-machine'
import { readOwnTelemetry } from './read-own-telemetry'
import { SharedTelemetry } from './shared-telemetry'

afterEach(() => vi.unstubAllEnvs())

/** Programs of this machine for the rest of the test, before those that it has. Returns their folder. */
function install(programs: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'aic-own-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, script] of Object.entries(programs)) writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
  return folder
}

describeUnless(process.platform === 'linux' ? undefined : 'not Linux', 'telemetry of this machine', () => {
  it('is what a board over SSH would tell of it', async () => {
    const own = await readOwnTelemetry({ diskPath: '/no such folder', now: () => 0 })
    const told = await readTelemetry(new LocalMachine({ board: 'b1', engineSocket: '/nowhere' }), '/', () => 0)
    const { cpus, memory_total_bytes, disk_total_bytes, at } = told
    expect(own).toMatchObject({ at, cpus, memory_total_bytes, disk_total_bytes })
    expect(own.load?.every((figure) => figure >= 0)).toBe(true)
    expect(own.memory_used_bytes).toBeGreaterThan(0)
    expect(own.disk_free_bytes).toBeGreaterThan(0)
  })

  // Not run on such hardware.
  it('has GPUs where nvidia-smi tells of them', async () => {
    install({ 'nvidia-smi': '[ "$2" = --format=csv,noheader,nounits ] && echo 0, Tesla T4, 12, 3, 15360, 41' })
    expect((await readOwnTelemetry({ diskPath: '/' })).gpus).toEqual([
      {
        index: 0,
        name: 'Tesla T4',
        use_percent: 12,
        memory_used_bytes: 3 * 2 ** 20,
        memory_total_bytes: 15_360 * 2 ** 20,
        temperature_celsius: 41,
      },
    ])
  })

  it('has the GPU of a Jetson where tegrastats tells of it, which never ends by itself', async () => {
    install({ tegrastats: 'while echo RAM 1/2MB GR3D_FREQ 7% gpu@40C; do sleep 0.2; done' })
    expect((await readOwnTelemetry({ diskPath: '/' })).gpus).toMatchObject([{ name: 'Tegra', use_percent: 7, temperature_celsius: 40 }])
  })

  it('leaves a program that hangs as soon as nobody wants to know any more', async () => {
    const end = new AbortController()
    const folder = install({ 'nvidia-smi': 'echo $$ > "$(dirname "$0")/pid"; exec sleep 60' })
    const reading = readOwnTelemetry({ diskPath: '/', signal: end.signal })
    const pid = await vi.waitFor(() => {
      const text = readFileSync(join(folder, 'pid'), 'utf8')
      expect(text).not.toBe('')
      return Number(text)
    })
    end.abort()
    expect((await reading).gpus).toEqual([])
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'))
  })
})

describe('several boards of one machine', () => {
  it('share one reading, which ends with the last of them', () => {
    const poll = { latest: undefined, start: vi.fn(), stop: vi.fn() }
    const shared = new SharedTelemetry(poll)
    const [one, other] = [{}, {}]
    shared.start(one)
    shared.start(other)
    shared.stop(one)
    shared.stop(one)
    expect(poll.stop).not.toHaveBeenCalled()
    shared.stop(other)
    expect(poll.stop).toHaveBeenCalledOnce()
  })
})
