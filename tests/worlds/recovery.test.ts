import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)
/** What the issue promises: kill -9 and restart of the manager with 1,000 requests open. */
const RECOVERY_LIMIT_MS = 5_000
/** Of two containers together: as much can be with them, or on its way to them. */
const CREDITS = 8

/** How often the program `slow` has begun with each tag, over all its lives. */
function executions(world: World): Map<string, number> {
  const counts = new Map<string, number>()
  for (const line of readFileSync(join(world.gates.folder, 'executions'), 'utf8').split('\n')) {
    if (line) counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  return counts
}

const tagged = (n: number) => ({ ms: 20, tag: `r${n}` })

describe('a manager that is killed and started again', () => {
  it('with 1,000 requests open ends each of them once, runs none twice, and is back within 5 s', async () => {
    await using world = await startWorld()
    await world.load('slow', 'slow', { maxSendNum: CREDITS / 2 }, 'all')
    const open = Array.from({ length: 1_000 }, (_, n) => world.cluster.infer('slow', BODY, tagged(n)))
    const outcomes = Promise.allSettled(open)
    const answeredAt: number[] = []
    for (const request of open)
      request.then(
        () => answeredAt.push(performance.now()),
        () => {},
      )
    await Promise.all(open.slice(0, 50))
    await world.endManager('SIGKILL')
    const killedAt = performance.now()
    await world.startManager()
    const startedAt = performance.now()
    const settled = await outcomes

    const backAt = answeredAt.find((at) => at > startedAt) ?? Number.POSITIVE_INFINITY
    expect(backAt - killedAt).toBeLessThan(RECOVERY_LIMIT_MS)
    const codes = settled.map((outcome) => (outcome.status === 'fulfilled' ? 0 : outcome.reason.code))
    // What was written down as handed out, and died on its way with the manager, is the one thing that cannot be told from begun work.
    expect(codes.filter((code) => code !== 0 && code !== 402)).toEqual([])
    expect(codes.filter((code) => code === 402).length).toBeLessThanOrEqual(CREDITS)
    const counts = executions(world)
    for (const [n, code] of codes.entries()) {
      const times = counts.get(`r${n}`) ?? 0
      if (code === 0) expect(times, `request ${n}`).toBe(1)
      else expect(times, `request ${n}`).toBeLessThanOrEqual(1)
    }
    await world.atRest()
  })

  it('finds its containers still at work: what they hold goes on and is answered', async () => {
    await using world = await startWorld()
    await world.load('gated', 'gated', {}, 'all')
    const open = [1, 2, 3].map((n) => world.cluster.infer('gated', BODY, { tag: `open-${n}` }))
    await world.until('gated', { held: 2, waiting: 1 })
    // What was handed out and is still on its way would die with the manager.
    await eventually('two to be begun', () => [1, 2, 3].filter((n) => world.gates.sawBeginOf(`open-${n}`)).length === 2)
    await world.endManager('SIGKILL')
    await world.startManager()
    await eventually('the application', () => world.cluster.isConnected)
    await eventually('the requests', async () => (await world.metrics()).gauges.requests_without_outcome === 3)
    world.gates.openAll()

    const results = (await Promise.all(open)) as { result: { tag: string } }[]

    expect(results.map(({ result }) => result.tag)).toEqual(['open-1', 'open-2', 'open-3'])
    await world.atRest()
  })

  it('brings an answer that was given while it was dead', async () => {
    await using world = await startWorld()
    await world.load('gated', 'gated')
    const open = world.cluster.infer('gated', BODY, { tag: 'a' })
    // What was handed out and is still on its way would die with the manager.
    await eventually('it to be begun', () => world.gates.sawBeginOf('a'))
    await world.endManager('SIGKILL')
    world.gates.openAll()
    await eventually('the container to answer', () => world.gates.sawEndOf('a'))
    await world.startManager()

    await expect(open).resolves.toMatchObject({ result: { tag: 'a' } })
    await world.atRest()
  })

  it('ends with 402 what the container held that died with it, and runs what waited', async () => {
    await using world = await startWorld()
    await world.load('gated', 'gated')
    const held = world.cluster.infer('gated', BODY, { tag: 'held' })
    held.catch(() => {})
    await world.until('gated', { held: 1 })
    const waiting = world.cluster.infer('gated', BODY, { tag: 'waiting' })
    await world.until('gated', { held: 1, waiting: 1 })
    const { 'gated-board1': pid = 0 } = await world.pids()
    await world.endManager('SIGKILL')
    process.kill(pid, 'SIGKILL')
    await world.startManager()
    world.gates.openAll()

    await expect(held).rejects.toMatchObject({ code: 402, message: expect.stringContaining('restarted') })
    await expect(waiting).resolves.toMatchObject({ result: { tag: 'waiting' } })
    await world.atRest()
  })

  it('carries out a command that was under way for nobody: 111 says that it may have been', async () => {
    await using world = await startWorld()
    await world.load('gated', 'gated')
    const held = world.cluster.infer('gated', BODY)
    await world.until('gated', { held: 1 })
    const command = world.cluster.unloadInference({ inferenceName: 'gated', drainMs: 60_000 })
    command.catch(() => {})
    await eventually('the command', async () => (await world.counter('commands_received_total')) > 0)
    await world.endManager('SIGKILL')
    await world.startManager()
    world.gates.openAll()

    await expect(command).rejects.toMatchObject({ code: 111 })
    await expect(held).resolves.toBeDefined()
    await world.atRest()
  })

  it('keeps a caller’s timeout exact while there is no manager', async () => {
    await using world = await startWorld()
    await world.load('gated', 'gated')
    const sentAt = performance.now()
    const open = world.cluster.infer('gated', BODY, {}, { timeout: 1_500 })
    await world.until('gated', { held: 1 })
    await world.endManager('SIGKILL')

    await expect(open).rejects.toMatchObject({ code: 313 })

    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(1_499)
    expect(performance.now() - sentAt).toBeLessThan(2_000)
  })

  it('and not started again ends what is open with 111 after reconnectTimeoutMs', async () => {
    await using world = await startWorld()
    await world.load('gated', 'gated')
    const other = await world.connect({ reconnectTimeoutMs: 700 })
    const open = other.infer('gated', BODY)
    await world.until('gated', { held: 1 })
    // The application sees the link go before this process hears of the manager's end.
    const killedAt = performance.now()
    await world.endManager('SIGKILL')

    await expect(open).rejects.toMatchObject({ code: 111, message: expect.stringContaining('700 ms') })

    expect(performance.now() - killedAt).toBeGreaterThanOrEqual(690)
  })
})
