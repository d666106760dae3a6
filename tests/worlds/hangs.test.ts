import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { startWorld } from './world'

const BODY = Uint8Array.of(1)

describe('a container that hangs', () => {
  it('is started anew hang_timeout after the response timeout of what it holds; others are served meanwhile and afterwards', async () => {
    await using world = await startWorld({ config: { hang_timeout: 500 } })
    await world.load('gated', 'hangs', { waitQueueTimeout: 300 })
    await world.load('echo', 'echo')
    const { 'hangs-board1': before = 0 } = await world.pids('hangs')

    await expect(world.cluster.infer('hangs', BODY)).rejects.toMatchObject({ code: 401 })
    expect((await world.credits('hangs')).inFlight).toBe(1)
    await expect(world.cluster.infer('echo', BODY)).resolves.toBeDefined()
    await eventually('another process', async () => ((await world.pids('hangs'))['hangs-board1'] ?? before) !== before)

    world.gates.openAll()
    await eventually('an answer of it', () => world.cluster.infer('hangs', BODY).catch(() => undefined))
    expect(await world.counter('containers_hung_total')).toBe(1)
    await world.atRest()
  })

  it('because it was stopped (SIGSTOP) loses its requests with its links, and is back when it goes on', async () => {
    await using world = await startWorld()
    await world.load('gated', 'stopped')
    const open = world.cluster.infer('stopped', BODY)
    open.catch(() => {})
    await world.until('stopped', { held: 1 })
    const { 'stopped-board1': pid = 0 } = await world.pids()
    process.kill(pid, 'SIGSTOP')

    await expect(open).rejects.toMatchObject({ code: 402 })

    process.kill(pid, 'SIGCONT')
    world.gates.openAll()
    await expect(world.cluster.infer('stopped', BODY)).resolves.toMatchObject({ result: { pid } })
    await world.atRest()
  })
})
