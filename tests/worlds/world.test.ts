import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startWorld } from './world'
import { runs } from './world-processes'

const BODY = Uint8Array.of(1)

describe('a world of these tests', () => {
  it('ends with every process and file of it gone', async () => {
    const world = await startWorld()
    await world.load('echo', 'echo', {}, 'all')
    const pids = [world.manager.pid, ...world.containerProcesses]
    expect(pids).toHaveLength(3)

    await world[Symbol.asyncDispose]()

    expect(pids.filter(runs)).toEqual([])
    expect(existsSync(world.folder)).toBe(false)
  })

  it('fails its test when a process outlives it, and ends that process', async () => {
    const world = await startWorld()
    const stray = spawn('sleep', ['60'], { env: { ...process.env, LEFT_BY: world.folder }, stdio: 'ignore' })

    await expect(world[Symbol.asyncDispose]()).rejects.toThrow(`processes ${stray.pid} outlived their world`)

    expect(runs(stray.pid ?? 0)).toBe(false)
  })

  it('is not at rest while a request is with a container, or waits', async () => {
    await using world = await startWorld()
    await world.load('gated', 'gated')
    const requests = [1, 2].map(() => world.cluster.infer('gated', BODY))
    await world.until('gated', { held: 1, waiting: 1 })

    await expect(world.atRest(100)).rejects.toThrow(/requests_waiting 1.*requests_in_flight 1.*applications with open requests: 1/)

    world.gates.openAll()
    await Promise.all(requests)
    await world.atRest()
  })
})
