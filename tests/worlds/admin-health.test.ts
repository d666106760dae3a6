import { describe, expect, it } from 'vitest'
import { AdminClient } from './admin-client'
import { eventually } from './eventually'
import { rawCommand } from './raw-command'
import { startWorld } from './world'

const BODY = Uint8Array.of(1)

describe('readyz', () => {
  it('follows an inference through its life: unknown, ready, paused, killed, back, unloaded', async () => {
    await using world = await startWorld()
    const admin = new AdminClient(world)
    expect(await admin.get('/livez')).toEqual({ status: 200, value: { live: true } })
    expect(await admin.get('/readyz')).toEqual({ status: 200, value: { ready: true, inferences: [] } })
    expect(await admin.readiness('digits')).toBe('unknown_inference')

    await world.load('echo', 'digits')
    expect(await admin.get('/readyz')).toEqual({ status: 200, value: { ready: true, inferences: [{ name: 'digits', ready: true }] } })
    expect(await admin.get('/readyz/digits')).toEqual({ status: 200, value: { name: 'digits', ready: true } })

    await rawCommand(world.cluster, { cmd: 'stop_distribution' })
    expect(await admin.readiness('digits')).toBe('distribution_off')
    expect((await admin.get('/readyz')).status).toBe(503)
    await rawCommand(world.cluster, { cmd: 'start_distribution' })
    expect(await admin.readiness('digits')).toBe('ready')

    const { 'digits-board1': pid = 0 } = await world.pids()
    process.kill(pid, 'SIGKILL')
    await admin.untilReadiness('digits', 'no_container')
    expect((await admin.get('/livez')).status).toBe(200)
    await admin.untilReadiness('digits', 'ready')
    await expect(world.cluster.infer('digits', BODY)).resolves.toMatchObject({ result: { container: 'digits-board1' } })

    await world.cluster.unloadInference({ inferenceName: 'digits' })
    expect(await admin.readiness('digits')).toBe('unknown_inference')
    expect((await admin.get('/readyz')).status).toBe(200)
  })

  it('does not know an inference before its first container is ready', async () => {
    await using world = await startWorld()
    const admin = new AdminClient(world)
    const loading = world.load('silent', 'slow-start', { startTimeout: 1_500 }).catch((error: { code: number }) => error.code)
    await eventually('its program to run', () => world.containerProcesses.length > 0)
    expect(await admin.readiness('slow-start')).toBe('unknown_inference')
    expect(await loading).toBe(311)
    expect(await admin.readiness('slow-start')).toBe('unknown_inference')
  })

  it('is 503 for a container that has stopped to run, as soon as its links are cut', async () => {
    await using world = await startWorld()
    const admin = new AdminClient(world)
    await world.load('echo', 'frozen')
    const { 'frozen-board1': pid = 0 } = await world.pids()
    process.kill(pid, 'SIGSTOP')
    try {
      await admin.untilReadiness('frozen', 'no_container')
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await admin.untilReadiness('frozen', 'ready')
  })

  it('is 503 while a container holds what has timed out, and while a queue is full', async () => {
    await using world = await startWorld()
    const admin = new AdminClient(world)
    await world.load('gated', 'stuck', { waitQueueTimeout: 300 })
    await expect(world.cluster.infer('stuck', BODY, { gate: 'a' })).rejects.toMatchObject({ code: 401 })
    expect(await admin.readiness('stuck')).toBe('stuck')
    world.gates.open('a')
    await admin.untilReadiness('stuck', 'ready')

    await world.load('gated', 'full', { queueLimit: 1 })
    const both = [1, 2].map(() => world.cluster.infer('full', BODY, { gate: 'b' }))
    await world.until('full', { held: 1, waiting: 1 })
    expect(await admin.readiness('full')).toBe('queue_full')
    await expect(world.cluster.infer('full', BODY)).rejects.toMatchObject({ code: 305 })
    world.gates.open('b')
    await Promise.all(both)
    expect(await admin.readiness('full')).toBe('ready')
    await world.atRest()
  })

  it('needs no container for a Loop, and is not held up by what takes no input', async () => {
    await using world = await startWorld()
    const admin = new AdminClient(world)
    await world.cluster.loadInference({ name: 'loop', implementationType: 'Loop' }, 'board1')
    await world.cluster.loadInference({ name: 'none', implementationType: 'Loop', input: 'None', output: 'Main' }, 'board1')
    expect(await admin.readiness('loop')).toBe('ready')
    expect(await admin.readiness('none')).toBe('takes_no_input')
    expect(await admin.get('/readyz')).toMatchObject({ status: 200, value: { ready: true } })
  })

  it('is 503 while the manager drains, and livez is not', async () => {
    await using world = await startWorld()
    const admin = new AdminClient(world)
    await world.load('gated', 'last')
    const last = world.cluster.infer('last', BODY, { gate: 'last' })
    await world.until('last', { held: 1 })

    world.manager.kill('SIGTERM')

    await admin.untilReadiness('last', 'draining')
    expect(await admin.get('/readyz')).toMatchObject({ status: 503, value: { ready: false, reason: 'draining' } })
    expect((await admin.get('/livez')).status).toBe(200)
    world.gates.open('last')
    await expect(last).resolves.toMatchObject({ result: { gate: 'last' } })
    expect((await world.manager.end()).code).toBe(0)
  })

  it('comes back with the next manager, on the same port, once the containers are back', async () => {
    await using world = await startWorld({ config: { admin: { port: 0 } } })
    const admin = new AdminClient(world)
    await world.load('echo', 'kept')
    await world.cluster.infer('kept', BODY)
    const { url } = admin
    await world.endManager('SIGKILL')
    await world.startManager()

    expect(admin.url).toBe(url)
    await admin.untilReadiness('kept', 'ready')
    const scrape = await admin.metrics()
    expect(scrape.value('aicluster_manager_epoch')).toBe(2)
    // Counters begin anew, as Prometheus expects it of a process that was restarted.
    expect(scrape.value('aicluster_requests_success_total', { inference: 'kept' })).toBe(0)
  })
})
