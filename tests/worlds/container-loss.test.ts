import { type AIClusterError, InferenceUnsubscribeError, type ManageCallback } from '@aicluster/host-sdk'
import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { Recorder } from './recorder'
import { startWorld } from './world'

const BODY = Uint8Array.of(1)

describe('a container that is killed while it holds a request', () => {
  it('ends that one with 402 and tells of it; what waits goes to its restarted self', async () => {
    await using world = await startWorld()
    await world.load('gated', 'killed')
    const told = new Recorder<Parameters<ManageCallback>>()
    const emitted = new Recorder<[AIClusterError]>()
    const elsewhere = new Recorder<[AIClusterError]>()
    const other = await world.connect()
    world.cluster.setCallback({ manageCallback: told.callback })
    world.cluster.on('containerDisconnected', emitted.callback)
    other.on('containerDisconnected', elsewhere.callback)
    const held = world.cluster.infer('killed', BODY, { tag: 'held' })
    const waiting = [1, 2].map((n) => world.cluster.infer('killed', BODY, { tag: `waiting-${n}` }))
    await world.until('killed', { held: 1, waiting: 2 })
    const { 'killed-board1': pid = 0 } = await world.pids()

    process.kill(pid, 'SIGKILL')

    await expect(held).rejects.toMatchObject({
      code: 402,
      name: 'ContainerDisconnectError',
      message: expect.stringMatching(/container killed-board1 .*while it held the request/),
    })
    const details = { inference_name: 'killed', suffix_name: 'killed-board1', board: 'board1', reason: 'disconnected' }
    const [code, message, cmd, result] = await told.call()
    expect({ code, cmd, result }).toEqual({ code: 114, cmd: 'container_disconnect', result: details })
    expect(message).toContain('Inference killed became unsubscribe state')
    for (const recorder of [emitted, elsewhere]) {
      const [event] = await recorder.call()
      expect(event).toBeInstanceOf(InferenceUnsubscribeError)
      expect(event).toMatchObject({ code: 114, details })
    }
    await eventually('the first waiting request to reach the restarted program', () => world.gates.sawBeginOf('waiting-1'))
    world.gates.openAll()
    const results = (await Promise.all(waiting)).map((outcome) => outcome.result as { pid: number; tag: string })
    expect(results.map(({ tag }) => tag)).toEqual(['waiting-1', 'waiting-2'])
    expect(new Set(results.map((answer) => answer.pid))).not.toContain(pid)
    const [status] = await world.cluster.getContainerStatus('killed')
    expect(status).toMatchObject({ restarts: 1, status: 'running', connectStatus: 'connected', pid: results[0]?.pid })
    await world.atRest()
    expect(told.calls).toHaveLength(1)
  })

  it('of several credits ends each of its requests with 402, and none of another container', async () => {
    await using world = await startWorld()
    await world.load('gated', 'two', { maxSendNum: 3 }, 'all')
    const requests = Promise.allSettled(Array.from({ length: 6 }, () => world.cluster.infer('two', BODY)))
    await world.until('two', { held: 6 })
    const { 'two-board2': pid = 0 } = await world.pids()

    process.kill(pid, 'SIGKILL')
    await eventually('the loss', async () => (await world.counter('outcomes_error_402_total')) === 3)
    world.gates.openAll()

    const outcomes = await requests
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(lost.map(({ reason }) => (reason as AIClusterError).code)).toEqual([402, 402, 402])
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') expect(outcome.value.result).toMatchObject({ board: 'board1' })
    await eventually('both containers to be back', async () => (await world.credits('two')).free === 6)
    await world.atRest()
  })
})

describe('a container program that exits by itself', () => {
  it('is restarted again and again; its requests end with 402, the others are answered', async () => {
    await using world = await startWorld()
    await world.load('crash', 'crash')

    for (const restarts of [1, 2]) {
      await expect(world.cluster.infer('crash', BODY, { exit: 7 })).rejects.toMatchObject({ code: 402 })
      await expect(world.cluster.infer('crash', BODY)).resolves.toMatchObject({ result: { container: 'crash-board1' } })
      expect(await world.cluster.getContainerStatus('crash')).toMatchObject([{ restarts }])
    }
    await world.atRest()
  })

  it('stays ended with restart never, and what is sent waits until 306', async () => {
    await using world = await startWorld()
    await world.load('crash', 'once', { restart: 'never', sendTimeout: 200 })

    await expect(world.cluster.infer('once', BODY, { exit: 0 })).rejects.toMatchObject({ code: 402 })
    await expect(world.cluster.infer('once', BODY)).rejects.toMatchObject({ code: 306, message: expect.stringContaining('connected: 0') })

    const [status] = await world.cluster.getContainerStatus('once')
    expect(status).toMatchObject({ status: 'exited', connectStatus: 'disconnected', operate: 'Unknown', restarts: 0 })
    await world.atRest()
  })
})
