import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_CODES } from '@aicluster/host-sdk'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { commandOf } from './programs'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)

interface About {
  pid: number
  board: string
  container: string
  subInferenceName: string
}

describe('an inference on every board', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld({ config: { boards: [{ name: 'left' }, { name: 'right' }, { name: 'spare' }] } })
    await world.load('gated', 'gated', { maxSendNum: 2 }, ['left', 'right'])
  })
  afterEach(() => world.atRest())
  afterAll(() => world[Symbol.asyncDispose]())

  it('is one container on each, named after inference and board, and shown by its handlers', async () => {
    const handlers = await world.cluster.getContainerHandler('gated')

    expect(handlers.map(({ suffixName, allocatedCoprocessor }) => [suffixName, allocatedCoprocessor])).toEqual([
      ['gated-left', 'left'],
      ['gated-right', 'right'],
    ])
    expect(handlers[0]).toMatchObject({ name: 'gated', hostLocation: ['left', 'right'], maxSendNum: 2, implementationType: 'other' })
    expect(handlers[0]).toMatchObject({ input: 'Main', output: 'Main', sendTimeout: 60_000, waitQueueTimeout: 300_000 })
    expect(Object.keys(handlers[0] ?? {})).toHaveLength(18)
    expect((await world.cluster.getCoprocessorHandler('gated')).map(({ name }) => name)).toEqual(['left', 'right'])
    expect((await world.cluster.getCoprocessorHandler()).map(({ name }) => name)).toEqual(['left', 'right', 'spare'])
  })

  it('works on as many requests at once as all its containers have credits, and on both boards', async () => {
    const requests = Array.from({ length: 5 }, () => world.cluster.infer('gated', BODY, { gate: 'all' }))
    await world.until('gated', { held: 4, waiting: 1 })
    const statuses = await world.cluster.getContainerStatus('gated')
    world.gates.open('all')

    expect(statuses.map(({ operate, sendDataNum, queueNum }) => [operate, sendDataNum, queueNum])).toEqual([
      ['Busy', 2, 1],
      ['Busy', 2, 1],
    ])
    const boards = (await Promise.all(requests)).map(({ result }) => (result as About).board)
    expect(new Set(boards)).toEqual(new Set(['left', 'right']))
  })

  it('shows what its containers do and use', async () => {
    const [status] = await world.cluster.getContainerStatus('gated')

    expect(status).toMatchObject({
      connectStatus: 'connected',
      operate: 'Free',
      status: 'running',
      queueNum: 0,
      sendDataNum: 0,
      restarts: 0,
    })
    expect(status?.pid).toBeGreaterThan(1)
    expect(Date.parse(status?.created ?? '')).toBeGreaterThan(Date.now() - 60_000)
    expect(status?.netIo).toMatch(/^[\d.]+k?B \/ [\d.]+k?B$/)
  })

  it('comes to a further board with the same config, and the containers that run stay', async () => {
    const before = await world.pids('gated')

    await world.load('gated', 'gated', { maxSendNum: 2 }, 'all')

    const after = await world.pids('gated')
    expect(Object.keys(after)).toEqual(['gated-left', 'gated-right', 'gated-spare'])
    expect(after).toMatchObject(before)
  })
})

describe('a container that serves several inference names', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld()
    await world.load('gated', 'main', { maxSendNum: 1, inferenceModules: [{ subInferenceName: 'first' }, { subInferenceName: 'second' }] })
    await world.load('echo', 'echo', { inferenceModules: { subInferenceName: 'sub' } })
  })
  afterEach(() => world.atRest())
  afterAll(() => world[Symbol.asyncDispose]())

  it('answers each and says by which subscription', async () => {
    for (const name of ['echo', 'sub']) {
      const { result, response } = await world.cluster.infer(name, BODY, { as: 'about' })

      expect(result).toMatchObject({ subInferenceName: name, container: 'echo-board1' })
      expect(response).toMatchObject({ inferenceName: name, subInferenceName: name })
    }
  })

  it('shares its credits among them: one busy name makes the others wait, oldest first', async () => {
    const order: string[] = []
    const send = async (name: string, gate: string) => {
      await world.cluster.infer(name, BODY, { gate })
      order.push(name)
    }
    const held = send('first', 'first')
    await world.until('first', { held: 1 })
    const second = send('second', 'second')
    await world.until('second', { held: 0, waiting: 1 })
    const main = send('main', 'main')
    await world.until('main', { held: 0, waiting: 1 })
    expect(await world.credits('main')).toEqual({ free: 0, inFlight: 1 })

    world.gates.open('main')
    world.gates.open('second')
    world.gates.open('first')
    await Promise.all([held, second, main])

    expect(order).toEqual(['first', 'second', 'main'])
  })

  it('is found under each of its names', async () => {
    for (const name of ['main', 'first', 'second']) {
      const [handler] = await world.cluster.getContainerHandler(name)
      expect(handler).toMatchObject({ name: 'main', suffixName: 'main-board1' })
    }
  })
})

describe('a container program that fails', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld({ config: { limits: { max_body_bytes: 100_000 } } })
    await world.load('throws', 'throws')
    await world.load('echo', 'echo')
  })
  afterEach(() => world.atRest())
  afterAll(() => world[Symbol.asyncDispose]())

  it('ends the request with 999 and its message, and takes the next one', async () => {
    for (let i = 0; i < 2; i++) {
      await expect(world.cluster.infer('throws', BODY)).rejects.toMatchObject({
        code: ERROR_CODES.internal.code,
        message: expect.stringContaining('the tensor has no batch dimension'),
      })
    }
  })

  it('ends the request with an error of ours as it is', async () => {
    await expect(world.cluster.infer('throws', BODY, { typed: true })).rejects.toMatchObject({
      code: 302,
      name: 'InvalidArgumentError',
      message: expect.stringContaining('the image is upside down'),
      details: { field: 'image' },
    })
  })

  it('ends the request with an error that names what cannot travel', async () => {
    await expect(world.cluster.infer('throws', BODY, { function: true })).rejects.toMatchObject({
      message: expect.stringMatching(/cannot hold a function \(at bad\)/),
    })
  })

  it('because its result is too large ends the request with 302 and both sizes', async () => {
    // It comes back twice: as bytes and as an array.
    await expect(world.cluster.infer('echo', new Uint8Array(60_000), { as: 'nested' })).rejects.toMatchObject({
      code: 302,
      message: expect.stringMatching(/result: .*120000 bytes.*100000 \(limits\.max_body_bytes\)/),
    })
  })
})

describe('a container with files', () => {
  it('runs among copies of its scripts and of what it is given, with its own environment', async () => {
    await using world = await startWorld()
    const scripts = join(world.folder, 'scripts')
    mkdirSync(scripts)
    writeFileSync(
      join(scripts, 'start.sh'),
      `#!/bin/sh\nTEST_SEEN="$GREETING $(cat models/weights.txt)" exec ${commandOf('echo').join(' ')}\n`,
    )
    chmodSync(join(scripts, 'start.sh'), 0o755)
    writeFileSync(join(world.folder, 'weights.txt'), 'weights')

    await world.load('echo', 'files', {
      scriptPath: scripts,
      runCommand: './start.sh',
      copy: { From: join(world.folder, 'weights.txt'), To: 'models/' },
      env: { GREETING: 'hello' },
    })
    rmSync(scripts, { recursive: true })

    await expect(world.cluster.infer('files', BODY)).resolves.toMatchObject({ result: { seen: 'hello weights' } })
    // A restart needs none of the originals.
    process.kill((await world.pids())['files-board1'] ?? 0, 'SIGKILL')
    await expect.poll(async () => (await world.cluster.getContainerStatus('files'))[0]?.restarts).toBe(1)
    await expect(world.cluster.infer('files', BODY)).resolves.toMatchObject({ result: { seen: 'hello weights' } })
    await world.atRest()
  })
})
