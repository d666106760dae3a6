import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { startWorld } from './world'

const BODY = Uint8Array.of(1)

describe('redeliver: true', () => {
  it('runs a request again, once, when its container dies', async () => {
    await using world = await startWorld()
    await world.load('gated', 'again', { redeliver: true })
    const open = world.cluster.infer('again', BODY, { tag: 'a' })
    await eventually('the request to begin', () => world.gates.sawBeginOf('a'))
    const { 'again-board1': pid = 0 } = await world.pids()
    process.kill(pid, 'SIGKILL')
    world.gates.openAll()

    const { result } = (await open) as { result: { pid: number } }

    expect(result.pid).not.toBe(pid)
    await world.atRest()
  })

  it('ends a request with 402 when its second container dies too', async () => {
    await using world = await startWorld()
    await world.load('gated', 'again', { redeliver: true }, 'all')
    const open = world.cluster.infer('again', BODY)
    open.catch(() => {})
    const killed = new Set<number>()
    for (let life = 1; life <= 2; life++) {
      const pid = await eventually(`a container to hold it, life ${life}`, async () => {
        const holder = (await world.metrics()).credits.find(({ inFlight }) => inFlight === 1)?.suffixName
        const candidate = holder && (await world.pids())[holder]
        return candidate && !killed.has(candidate) ? candidate : undefined
      })
      killed.add(pid)
      process.kill(pid, 'SIGKILL')
    }

    await expect(open).rejects.toMatchObject({ code: 402 })
    world.gates.openAll()
    await world.atRest()
  })

  it('runs a request again when manager and container die together', async () => {
    await using world = await startWorld()
    await world.load('gated', 'again', { redeliver: true })
    const open = world.cluster.infer('again', BODY, { tag: 'a' })
    await eventually('the request to begin', () => world.gates.sawBeginOf('a'))
    const { 'again-board1': pid = 0 } = await world.pids()
    await world.endManager('SIGKILL')
    process.kill(pid, 'SIGKILL')
    await world.startManager()
    world.gates.openAll()

    await expect(open).resolves.toMatchObject({ result: { tag: 'a' } })
    await world.atRest()
  })
})
