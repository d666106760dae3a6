import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AICluster, type InferCallback } from '@aicluster/host-sdk'
import { decodeMsgpack, encodeMsgpack, RecordKind } from '@aicluster/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { HostilePeer, hostHello } from './hostile-peer'
import { identityOf } from './hostile-world'
import { addKey, changedKey, contentOf, foreignPair, type KeyFileContent, keys, startCurveWorld } from './keys'
import { Recorder } from './recorder'
import type { World } from './world'

/** A refusal comes long before this, in ms: no time-out is waited for. */
const SOON_MS = 4_000

const REQUEST_HEADER = encodeMsgpack({ pid: 1, tid: 0, metadata: {}, metadata_sys: {}, sent_at: 0 })

describe('a cluster with CURVE', () => {
  let world: World
  let keyFile: string

  beforeAll(async () => {
    world = await startCurveWorld()
    await world.load('echo', 'echo', { maxSendNum: 4 })
    keyFile = await addKey(world, 'camera')
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const refused = async (options: Parameters<typeof AICluster.connect>[0], reason: string | RegExp) => {
    const startedAt = performance.now()
    await expect(AICluster.connect({ connectTimeoutMs: 30_000, ...options })).rejects.toMatchObject({
      code: 110,
      message: expect.stringMatching(reason),
    })
    expect(performance.now() - startedAt).toBeLessThan(SOON_MS)
  }

  const port = (socket: 'inference' | 'management' | 'sub' | 'pub') => `tcp://127.0.0.1:${world.manager.endpoint.ports?.[socket]}`

  const curveOf = (container: string): KeyFileContent['curve'] =>
    JSON.parse(readFileSync(join(world.stateFolder, 'boards', 'board1', container, 'curve.json'), 'utf8')) as KeyFileContent['curve']

  it('serves an application that has a key, large bodies too', async () => {
    const cluster = await world.connect({ keyFile })
    const body = randomBytes(6 * 1024 * 1024)
    const { result } = await cluster.infer('echo', body, { as: 'bytes' })
    expect(Buffer.from(result as Uint8Array).equals(body)).toBe(true)
    await cluster.release()
  })

  it.each([
    ['has no key', () => ({ endpoint: contentOf(keyFile).address }), /no key was given/],
    ['has a foreign key', () => changedKey(keyFile, ({ curve }) => Object.assign(curve, foreignPair())), /does not admit this key/],
    [
      'has a known key and a foreign token',
      () => changedKey(keyFile, (content) => Object.assign(content, { token: 'x'.repeat(43) })),
      /nobody of this cluster has this token/,
    ],
  ])('refuses an application that %s, at once and with the reason', async (_, make, reason) => {
    const made = make()
    const { inference, management } = contentOf(keyFile).ports
    const endpoint = { host: '127.0.0.1', inferencePort: inference, managementPort: management }
    await refused(typeof made === 'string' ? { keyFile: made } : { endpoint }, reason)
  })

  it('is not taken for another: with a foreign server key nothing is said, and the time-out tells what may be wrong', async () => {
    const file = changedKey(keyFile, ({ curve }) => Object.assign(curve, { server_key: foreignPair().public_key }))
    await expect(AICluster.connect({ keyFile: file, connectTimeoutMs: 500 })).rejects.toMatchObject({
      code: 110,
      message: expect.stringContaining("the server key may not be this manager's"),
    })
  })

  it('lets a key that may infer look and infer, and nothing else', async () => {
    await using cluster = await AICluster.connect({ keyFile })
    expect((await cluster.getContainerHandler()).length).toBeGreaterThan(0)
    const refusal = { code: 315, name: 'PermissionError', message: expect.stringContaining('the key "camera" may infer') }
    await expect(cluster.unloadInference({ inferenceName: 'echo' })).rejects.toMatchObject(refusal)
    await expect(cluster.loadInference({ name: 'mine', implementationType: 'Loop' }, 'board1')).rejects.toMatchObject(refusal)
    await expect(cluster.deleteQueue({ forceDelete: true })).rejects.toMatchObject(refusal)
    await expect(cluster.deleteQueue()).resolves.toEqual([])
  })

  it('lets a key that may manage do everything but change which boards there are', async () => {
    await using cluster = await AICluster.connect({ keyFile: await addKey(world, 'admin', 'manage') })
    await cluster.loadInference({ name: 'theirs', implementationType: 'Loop' }, 'board1')
    await cluster.unloadInference({ inferenceName: 'theirs' })
    const board = { name: 'mine', driver: 'local', processes: true } as const
    await expect(cluster.addBoard(board, { write: false })).rejects.toMatchObject({ code: 315 })
    expect(await cluster.getCoprocessorHandler()).not.toContainEqual(expect.objectContaining({ name: 'mine' }))
  })

  it('drops a revoked key at once: its session ends with the reason, and the others go on', async () => {
    const file = await addKey(world, 'lost')
    await world.load('gated', 'gated')
    const theirs = await world.connect({ keyFile: file, reconnectTimeoutMs: 600_000 })
    const open = theirs.infer('gated', Buffer.from('theirs'))
    const refusal = { code: 110, message: expect.stringMatching(/the key "lost" was revoked|does not admit this key/) }
    const ended = expect(open).rejects.toMatchObject(refusal)
    await world.until('gated', { held: 1 })
    const ours = world.cluster.infer('echo', Buffer.from('ours'), { as: 'bytes' })

    expect(await keys(world, 'revoke', 'lost')).toMatchObject({ name: 'lost', manager: 'knows' })

    await ours
    await ended
    await expect(theirs.infer('echo', Buffer.from('more'))).rejects.toMatchObject(refusal)
    await expect(theirs.getContainerHandler()).rejects.toMatchObject(refusal)
    await eventually('the request is gone from the container', async () => (await world.metrics()).gauges.requests_without_outcome === 0)
    await refused({ keyFile: file }, /does not admit this key/)
    expect((await world.cluster.infer('echo', Buffer.from('still here'), { as: 'bytes' })).result).toEqual(Buffer.from('still here'))
    await world.settle()
    await world.load('echo', 'echo', { maxSendNum: 4 })
  })

  describe("on the containers' sockets", () => {
    const hello = (container: string, more: object = {}) =>
      hostHello('inference', Buffer.alloc(16), {
        role: 'container',
        link: 'requests',
        names: ['echo'],
        ...identityOf(world, container),
        ...more,
      })

    const verdictOn = async (peer: HostilePeer, header: Uint8Array): Promise<{ code: number; message: string }> => {
      await peer.say({ kind: RecordKind.hello, header })
      const { header: answer } = await peer.hears(RecordKind.refused)
      return decodeMsgpack(answer) as { code: number; message: string }
    }

    it.each([
      ['without a key', () => undefined],
      ['with a foreign key', () => ({ ...curveOf('echo-board1'), ...foreignPair() })],
      ["with an application's key", () => contentOf(keyFile).curve],
    ])('a peer %s is not let in', async (_, key) => {
      await using peer = new HostilePeer(port('sub'), key())
      await eventually('its handshake to fail', () => peer.refusals > 0)
      expect(peer.heard).toEqual([])
    })

    it("a container's key opens no door of applications", async () => {
      await using peer = new HostilePeer(port('inference'), curveOf('echo-board1'))
      await eventually('its handshake to fail', () => peer.refusals > 0)
    })

    it("another container's token is refused with 110", async () => {
      await world.load('echo', 'other')
      await using peer = new HostilePeer(port('sub'), curveOf('echo-board1'))
      const { token } = identityOf(world, 'other-board1')
      expect(await verdictOn(peer, hello('echo-board1', { token }))).toMatchObject({
        code: 110,
        message: expect.stringContaining('no container of this cluster has this instance and token'),
      })
      await world.cluster.unloadInference({ inferenceName: 'other' })
    })

    it("another container's name is refused with 110, and what runs is not disturbed", async () => {
      await using peer = new HostilePeer(port('sub'), curveOf('echo-board1'))
      expect(await verdictOn(peer, hello('echo-board1', { names: ['gated'] }))).toMatchObject({
        code: 110,
        message: expect.stringContaining('may serve echo, not gated'),
      })
      await world.cluster.infer('echo', Buffer.from('x'))
    })

    it('the key of a container that was unloaded opens nothing any more', async () => {
      await world.load('echo', 'brief')
      const key = curveOf('brief-board1')
      await world.cluster.unloadInference({ inferenceName: 'brief' })
      await using peer = new HostilePeer(port('sub'), key)
      await eventually('its handshake to fail', () => peer.refusals > 0)
    })
  })

  it('keeps secrets out of what it logs, and counts who was refused', async () => {
    const secrets = [contentOf(keyFile).token, contentOf(keyFile).curve.secret_key, curveOf('echo-board1').secret_key]
    for (const secret of secrets) expect(world.manager.log).not.toContain(secret)
    expect(world.manager.log).toContain('connection refused; further ones of this key and address are only counted')
    const counters = (await world.metrics()).counters
    expect(counters.handshakes_without_curve_total).toBeGreaterThan(0)
    expect(counters.keys_refused_total).toBeGreaterThan(0)
  })
})

describe('a manager with CURVE that is killed and started again', () => {
  let world: World
  let camera: string

  beforeAll(async () => {
    world = await startCurveWorld()
    await world.load('gated', 'gated')
    camera = await addKey(world, 'camera')
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('takes back its containers and applications by the keys that they have; what was open goes on, and is given to no other key', async () => {
    const spy = contentOf(await addKey(world, 'spy'))
    const theirs = await world.connect({ keyFile: camera })
    const open = new Recorder<Parameters<InferCallback>>()
    const number = Number(theirs.inferAsync('gated', Buffer.from('x'), undefined, open.callback))
    const unheld = Number(world.cluster.inferAsync('gated', Buffer.from('y'), undefined, () => {}))
    await world.until('gated', { held: 1, waiting: 1 })
    const pids = await world.pids()

    await world.endManager('SIGKILL')
    await world.startManager()

    await using peer = new HostilePeer(`tcp://127.0.0.1:${spy.ports.inference}`, spy.curve)
    await peer.say({ kind: RecordKind.hello, header: hostHello('inference', randomBytes(16), { token: spy.token }) })
    await peer.hears(RecordKind.welcome)
    // Rising, as a session's numbers do.
    for (const request of [unheld, number]) {
      await peer.say({ kind: RecordKind.request, name: 'gated', header: REQUEST_HEADER, fields: { request } })
      expect(decodeMsgpack((await peer.hears(RecordKind.error, request)).header)).toMatchObject({
        code: 315,
        message: expect.stringContaining(`request ${request}`),
      })
    }
    world.gates.openAll()
    expect((await open.call())[0]).toBeDefined()
    expect(await world.pids()).toEqual(pids)
  })

  it('with it switched off, and on again, starts its containers anew, with keys that fit', async () => {
    const curveFile = join(world.stateFolder, 'boards', 'board1', 'gated-board1', 'curve.json')
    const first = readFileSync(curveFile, 'utf8')
    const pids = [(await world.pids())['gated-board1']]
    world.gates.openAll()
    const startWith = async (curve: boolean) => {
      await world.endManager('SIGKILL')
      const listen = { transport: 'tcp', curve, inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }
      writeFileSync(world.configFile, JSON.stringify({ listen, log_level: 'debug' }))
      await world.startManager()
      const cluster = await world.connect(curve ? { keyFile: camera } : {})
      await cluster.infer('gated', Buffer.from('x'))
      pids.push((await cluster.getContainerStatus('gated'))[0]?.pid)
    }

    await startWith(false)
    expect(existsSync(curveFile)).toBe(false)
    await startWith(true)
    expect(JSON.parse(readFileSync(curveFile, 'utf8'))).not.toEqual(JSON.parse(first))

    expect(new Set(pids).size).toBe(3)
    expect(world.containerProcesses).toEqual([pids[2]])
  })
})
